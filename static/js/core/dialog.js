// Dialogs are the browser's own: they keep the focus inside, close on Escape and give the focus back.

import { html, useEffect, useRef } from "./html.js";
import { icon } from "./icon.js";
import { Menus } from "./menu.js";
import { t } from "./i18n.js";
import { Store, useStore } from "./store.js";

/** @typedef {import("./html.js").Child} Child */
/**
 * @typedef {object} Settings
 * @property {string} title
 * @property {"small" | "medium" | "large"} [size]
 * @property {boolean} [drawer] comes from the side
 */
/** @typedef {Settings & { id: number, body: (close: (result?: any) => void) => Child, done: (result: any) => void }} Open */

/** @type {Store<Open[]>} */
const dialogs = new Store(/** @type {Open[]} */ ([]));
let last = 0;

/**
 * Opens a dialog and waits for its result; `undefined` if it was dismissed.
 *
 * `body` is a component's content; it is given the function that closes the dialog. Its buttons go into an element of
 * the class `dialog-actions`.
 * @param {Settings} settings
 * @param {(close: (result?: any) => void) => Child} body
 * @returns {Promise<any>}
 */
export function openDialog(settings, body) {
  return new Promise((resolve) => {
    last += 1;
    const id = last;
    const done = (/** @type {any} */ result) => {
      dialogs.set(dialogs.value.filter((dialog) => dialog.id !== id));
      resolve(result);
    };
    dialogs.set([...dialogs.value, { ...settings, id, body, done }]);
  });
}

/** True while a dialog is open. */
export function isDialogOpen() {
  return dialogs.value.length > 0;
}

/**
 * Asks whether something should be done.
 * @param {{ title: string, text: Child, confirm: string, danger?: boolean }} question
 * @returns {Promise<boolean>}
 */
export async function confirm({ title, text, confirm: label, danger = false }) {
  const answer = await openDialog({ title, size: "small" }, (close) => html`
    <div class="dialog-text">${text}</div>
    <div class="dialog-actions">
      <button type="button" class="button" onClick=${() => close(false)}>${t("common.cancel")}</button>
      <button type="button" class=${danger ? "button danger" : "button primary"} onClick=${() => close(true)}>${label}</button>
    </div>
  `);
  return answer === true;
}

/**
 * Asks for one line of text.
 * @param {{ title: string, label: string, value?: string, confirm?: string, hint?: string, multiline?: boolean }} question
 * @returns {Promise<string | undefined>}
 */
export function ask({ title, label, value = "", confirm: button = t("common.ok"), hint = "", multiline = false }) {
  return openDialog({ title, size: multiline ? "medium" : "small" }, (close) => html`
    <form
      method="dialog"
      onSubmit=${(/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        const form = /** @type {HTMLFormElement} */ (event.currentTarget);
        close(String(new FormData(form).get("answer") ?? ""));
      }}
    >
      <div class="field">
        <label for="ask-answer">${label}</label>
        ${multiline
          ? html`<textarea id="ask-answer" name="answer" rows="6" autofocus>${value}</textarea>`
          : html`<input id="ask-answer" name="answer" type="text" class="wide" value=${value} autocomplete="off" autofocus />`}
        ${hint && html`<p class="hint">${hint}</p>`}
      </div>
      <div class="dialog-actions">
        <button type="button" class="button" onClick=${() => close()}>${t("common.cancel")}</button>
        <button type="submit" class="button primary">${button}</button>
      </div>
    </form>
  `);
}

/** @param {{ dialog: Open, isTop: boolean }} props */
function Shown({ dialog, isTop }) {
  const ref = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const before = document.activeElement;
    element.showModal();
    /** @type {HTMLElement | null} */ (element.querySelector("[autofocus]"))?.focus();
    return () => {
      element.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const cancel = (/** @type {Event} */ event) => {
    event.preventDefault();
    dialog.done(undefined);
  };
  const outside = (/** @type {MouseEvent} */ event) => {
    if (event.target === ref.current) dialog.done(undefined);
  };
  const title = `dialog-title-${dialog.id}`;
  return html`<dialog
    ref=${ref}
    class=${`dialog ${dialog.drawer ? "drawer" : (dialog.size ?? "medium")}`}
    aria-labelledby=${title}
    onCancel=${cancel}
    onMouseDown=${outside}
  >
    <div class="dialog-frame">
      <header class="dialog-head">
        <h2 id=${title} dir="auto">${dialog.title}</h2>
        <button type="button" class="icon-button" aria-label=${t("common.close")} onClick=${() => dialog.done(undefined)}>
          ${icon("x")}
        </button>
      </header>
      <div class="dialog-body">${dialog.body(dialog.done)}</div>
    </div>
    ${isTop && html`<${Menus} />`}
  </dialog>`;
}

/**
 * Where dialogs and menus appear; one per page. What is outside of an open dialog cannot be reached, so the menu is in
 * the topmost one.
 */
export function Dialogs() {
  const open = useStore(dialogs);
  return html`${open.map((dialog, at) => html`<${Shown} key=${dialog.id} dialog=${dialog} isTop=${at === open.length - 1} />`)}
    ${open.length === 0 && html`<${Menus} />`}`;
}
