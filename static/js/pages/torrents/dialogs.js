// Dialogs of the list: columns, views, where content goes.

import { ask, openDialog } from "../../core/dialog.js";
import { Field } from "../../core/field.js";
import { html, useState } from "../../core/html.js";
import { t } from "../../core/i18n.js";
import { icon } from "../../core/icon.js";
import { useStore } from "../../core/store.js";
import { move, naming, rename } from "./actions.js";
import { BY_ID, COLUMNS, DEFAULT_LAYOUT, layout } from "./columns.js";

/** @typedef {import("./actions.js").Target} Target */

function Columns() {
  const shown = useStore(layout);
  const hidden = COLUMNS.filter((column) => !shown.some((one) => one.id === column.id));
  const swap = (/** @type {number} */ at, /** @type {number} */ to) => {
    const next = [...shown];
    const [one] = next.splice(at, 1);
    if (one) next.splice(to, 0, one);
    layout.set(next);
  };
  const turn = (/** @type {string} */ id, /** @type {boolean} */ on) =>
    layout.set(on ? [...shown, { id, width: BY_ID.get(id)?.width ?? 100 }] : shown.filter((one) => one.id !== id));
  const widen = (/** @type {string} */ id, /** @type {number} */ width) =>
    layout.set(shown.map((one) => (one.id === id ? { id, width: Math.min(1200, Math.max(48, width)) } : one)));
  return html`<p class="hint">${t("torrents.columns.hint")}</p>
    <ul class="column-list">
      ${shown.map(({ id, width }, at) => {
        const name = t(`torrents.column.${id}`);
        return html`<li key=${id}>
          <label class="check"><input type="checkbox" checked disabled=${id === "name"} onChange=${() => turn(id, false)} /> ${name}</label>
          <label class="column-width">
            <span class="visually-hidden">${t("torrents.columns.width", { column: name })}</span>
            <input type="number" min="48" max="1200" step="10" value=${width} onChange=${(/** @type {Event} */ event) => widen(id, Number(/** @type {HTMLInputElement} */ (event.currentTarget).value))} />
          </label>
          <button type="button" class="icon-button small" disabled=${at === 0} aria-label=${t("torrents.columns.up", { column: name })} onClick=${() => swap(at, at - 1)}>${icon("arrow-up")}</button>
          <button type="button" class="icon-button small" disabled=${at === shown.length - 1} aria-label=${t("torrents.columns.down", { column: name })} onClick=${() => swap(at, at + 1)}>${icon("arrow-down")}</button>
        </li>`;
      })}
      ${hidden.map(({ id }) => html`<li key=${id}><label class="check"><input type="checkbox" onChange=${() => turn(id, true)} /> ${t(`torrents.column.${id}`)}</label></li>`)}
    </ul>
    <div class="dialog-actions">
      <button type="button" class="button" onClick=${() => layout.set(DEFAULT_LAYOUT)}>${t("common.reset")}</button>
    </div>`;
}

export function chooseColumns() {
  return openDialog({ title: t("torrents.columns.title"), size: "small" }, () => html`<${Columns} />`);
}

/** @param {{ target: Target, close: (result?: any) => void }} props */
function Move({ target, close }) {
  const [path, setPath] = useState(target.first?.save_path ?? "");
  const [error, setError] = useState(/** @type {string | null} */ (null));
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const refused = await move(target, path.trim());
    if (refused) setError(refused);
    else close();
  };
  return html`<form class="form" onSubmit=${submit}>
    <p>${t("torrents.move.lead", { torrents: naming(target), count: target.count })}</p>
    <${Field}
      id="move-path"
      label=${t("torrents.move.path")}
      hint=${t("torrents.move.hint")}
      error=${error}
      control=${(/** @type {object} */ attributes) => html`<input
        ...${attributes}
        type="text"
        class="wide mono"
        value=${path}
        autofocus
        onInput=${(/** @type {Event} */ event) => setPath(/** @type {HTMLInputElement} */ (event.currentTarget).value)}
      />`}
    />
    <div class="dialog-actions">
      <button type="button" class="button" onClick=${() => close()}>${t("common.cancel")}</button>
      <button type="submit" class="button primary" disabled=${!path.trim()}>${t("torrents.action.move")}</button>
    </div>
  </form>`;
}

/** @param {Target} target */
export function askMove(target) {
  return openDialog({ title: t("torrents.action.move"), size: "small" }, (close) => html`<${Move} target=${target} close=${close} />`);
}

/** @param {Target} target */
export async function askRename(target) {
  if (!target.first) return;
  const name = await ask({ title: t("torrents.action.rename"), label: t("common.name"), value: target.first.name, hint: t("torrents.rename.hint"), confirm: t("torrents.action.rename") });
  if (name?.trim()) await rename(target.first.id, name.trim());
}
