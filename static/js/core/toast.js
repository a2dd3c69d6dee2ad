// Short notes at the edge of the page, read out to those who do not see them.

import { html, useEffect, useRef } from "./html.js";
import { icon } from "./icon.js";
import { t } from "./i18n.js";
import { Store, useStore } from "./store.js";

/**
 * @typedef {object} Toast
 * @property {string} text
 * @property {"info" | "success" | "error"} [kind]
 * @property {{ label: string, run: () => unknown }} [action]
 * @property {number} [seconds] how long it stays; what can be undone or failed stays longer
 */

/** @type {Store<(Toast & { id: number })[]>} */
const toasts = new Store(/** @type {(Toast & { id: number })[]} */ ([]));
const MOST = 4;
let last = 0;

/** Shows a note. @param {Toast} note */
export function toast(note) {
  const same = toasts.value.find((other) => other.text === note.text && !other.action);
  if (same) dismiss(same.id);
  last += 1;
  toasts.set([...toasts.value, { ...note, id: last }].slice(-MOST));
}

/** Says what was done, and offers to take it back. @param {string} text @param {() => unknown} undo */
export function toastUndo(text, undo) {
  toast({ text, kind: "success", seconds: 12, action: { label: t("common.undo"), run: undo } });
}

/** @param {number} id */
function dismiss(id) {
  toasts.set(toasts.value.filter((one) => one.id !== id));
}

/** @param {{ note: Toast & { id: number } }} props */
function Note({ note }) {
  const seconds = note.seconds ?? (note.kind === "error" ? 10 : 5);
  useEffect(() => {
    let left = seconds * 1000;
    const timer = setInterval(() => {
      // A note waits while it is pointed at or has the focus.
      const element = document.getElementById(`toast-${note.id}`);
      if (element?.matches(":hover, :focus-within")) return;
      left -= 250;
      if (left <= 0) dismiss(note.id);
    }, 250);
    return () => clearInterval(timer);
  }, [note.id]);
  const run = () => {
    dismiss(note.id);
    note.action?.run();
  };
  const sign = note.kind === "error" ? "circle-alert" : note.kind === "success" ? "circle-check" : "info";
  return html`<li id=${`toast-${note.id}`} class=${`toast toast-${note.kind ?? "info"}`}>
    ${icon(sign)}
    <span class="toast-text" dir="auto">${note.text}</span>
    ${note.action && html`<button type="button" class="button small" onClick=${run}>${note.action.label}</button>`}
    <button type="button" class="icon-button small" aria-label=${t("common.dismiss")} onClick=${() => dismiss(note.id)}>
      ${icon("x")}
    </button>
  </li>`;
}

/** Where notes appear; one per page. */
export function Toasts() {
  const notes = useStore(toasts);
  const errors = notes.filter((note) => note.kind === "error");
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    // As a popover the notes are above a dialog that was opened before them.
    const element = ref.current;
    if (!element?.showPopover) return;
    if (element.matches(":popover-open")) element.hidePopover();
    if (notes.length > 0) element.showPopover();
  }, [notes]);
  return html`
    <section ref=${ref} class="toasts" popover="manual" aria-label=${t("common.notes")}>
      <ol>${notes.map((note) => html`<${Note} key=${note.id} note=${note} />`)}</ol>
    </section>
    <div class="visually-hidden" role="status" aria-live="polite">
      ${notes.filter((note) => note.kind !== "error").map((note) => html`<p key=${note.id}>${note.text}</p>`)}
    </div>
    <div class="visually-hidden" role="alert">
      ${errors.map((note) => html`<p key=${note.id}>${note.text}</p>`)}
    </div>
  `;
}
