// One setting: its control by its kind, what is in force, and the way back to the default.

import { plain } from "../../core/format.js";
import { classes, html, useEffect, useState } from "../../core/html.js";
import { icon } from "../../core/icon.js";
import { t, tOr } from "../../core/i18n.js";
import { choices, clock, docOf, isTimeOfDay, marked, nameOf, readable, reasonOf, same, shown, unitOf } from "./model.js";

/** @typedef {import("./model.js").Description} Description */
/** @typedef {import("./model.js").Document} Document */
/** @typedef {Record<string, string | undefined>} Attributes */

/** A highest value that nobody reaches: it is a bound of the type. */
const BOUNDLESS = 2 ** 31 - 1;

/** @param {Event} event */
const text = (event) => /** @type {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} */ (event.currentTarget).value;

/**
 * A value that is written as JSON, or as lines.
 * @param {{ value: unknown, lines: boolean, attributes: Attributes, set: (value: unknown) => void }} props
 */
function Structured({ value, lines, attributes, set }) {
  const write = () => (lines ? (Array.isArray(value) ? value.join("\n") : "") : JSON.stringify(value, null, 2));
  const [draft, setDraft] = useState(write);
  const [isBroken, setBroken] = useState(false);
  useEffect(() => {
    if (!isBroken) setDraft(write());
  }, [JSON.stringify(value)]);
  const edit = (/** @type {string} */ input) => {
    setDraft(input);
    if (lines) {
      set(input.split("\n").map((line) => line.trim()).filter(Boolean));
      return;
    }
    try {
      set(JSON.parse(input));
      setBroken(false);
    } catch {
      setBroken(true);
    }
  };
  return html`<textarea
      ...${attributes}
      class="wide mono"
      rows="4"
      spellcheck="false"
      aria-invalid=${isBroken ? "true" : attributes["aria-invalid"]}
      value=${draft}
      onChange=${(/** @type {Event} */ event) => edit(text(event))}
    ></textarea>
    ${isBroken && html`<p class="error-text" role="alert">${t("settings.no_json")}</p>`}`;
}

/**
 * A number, which counts as soon as it is one; what is typed stays as it is until the field is left.
 * @param {{ description: Description, value: unknown, attributes: Attributes, set: (value: unknown) => void }} props
 */
function NumberInput({ description, value, attributes, set }) {
  const [draft, setDraft] = useState(/** @type {string | null} */ (null));
  const isInteger = description.kind === "integer";
  return html`<input
    ...${attributes}
    type="number"
    inputmode=${isInteger ? "numeric" : "decimal"}
    step=${isInteger ? "1" : "any"}
    min=${description.minimum ?? undefined}
    max=${description.maximum ?? undefined}
    value=${draft ?? (typeof value === "number" ? String(value) : "")}
    onInput=${(/** @type {Event} */ event) => {
      const typed = text(event);
      setDraft(typed);
      set(typed === "" ? undefined : Number(typed));
    }}
    onBlur=${() => setDraft(null)}
  />`;
}

/**
 * @param {{ description: Description, value: unknown, attributes: Attributes, set: (value: unknown) => void, isStored: boolean }} props
 */
function Control({ description, value, attributes, set, isStored }) {
  const { key, kind } = description;
  if (kind === "boolean") {
    return html`<label class="switch">
      <input
        ...${attributes}
        type="checkbox"
        role="switch"
        checked=${value === true}
        onChange=${(/** @type {Event} */ event) => set(/** @type {HTMLInputElement} */ (event.currentTarget).checked)}
      />
      <span class="switch-track" aria-hidden="true"></span>
      <span>${t(value === true ? "common.on" : "common.off")}</span>
    </label>`;
  }
  if (isTimeOfDay(key)) {
    return html`<input
      ...${attributes}
      type="time"
      required
      value=${typeof value === "number" ? clock(value) : ""}
      onChange=${(/** @type {Event} */ event) => {
        const [hours, minutes] = text(event).split(":").map(Number);
        set(hours === undefined || minutes === undefined ? undefined : hours * 60 + minutes);
      }}
    />`;
  }
  if (kind === "integer" || kind === "number") {
    return html`<${NumberInput} description=${description} value=${value} attributes=${attributes} set=${set} />`;
  }
  const words = choices(kind);
  if (words.length > 0) {
    return html`<select ...${attributes} value=${String(value ?? "")} onChange=${(/** @type {Event} */ event) => set(text(event))}>
      ${words.map((word) => html`<option key=${word} value=${word} selected=${word === value}>${tOr(`setting.${key}.${word}`, word)}</option>`)}
    </select>`;
  }
  if (kind === "secret text") {
    return html`<input
      ...${attributes}
      type="password"
      class="wide"
      autocomplete="new-password"
      placeholder=${isStored ? t("settings.secret_set") : t("settings.secret_empty")}
      value=${typeof value === "string" && value !== "set" ? value : ""}
      onInput=${(/** @type {Event} */ event) => set(text(event) || undefined)}
    />`;
  }
  if (kind === "text") {
    return html`<input
      ...${attributes}
      type="text"
      class="wide"
      spellcheck="false"
      autocomplete="off"
      value=${typeof value === "string" ? value : ""}
      onInput=${(/** @type {Event} */ event) => set(text(event))}
    />`;
  }
  return html`<${Structured} value=${value} lines=${kind === "list of texts"} attributes=${attributes} set=${set} />`;
}

/** The values that a number can have, in words. @param {Description} description */
function rangeOf({ minimum, maximum }) {
  if (minimum === null || maximum === null) return "";
  return maximum >= BOUNDLESS ? t("settings.at_least", { minimum }) : t("settings.range", { minimum, maximum });
}

/**
 * @param {{ description: Description, state: Document, draft: Record<string, unknown>, error: string | null, edit: (key: string, value: unknown) => void, section: string }} props
 */
export function Setting({ description, state, draft, error, edit, section }) {
  const { key } = description;
  const isStored = Object.hasOwn(state.stored, key);
  const stored = isStored ? state.stored[key] : description.default;
  const isDrafted = Object.hasOwn(draft, key);
  const value = isDrafted ? draft[key] : stored;
  const effective = state.effective[key];
  const isSecret = description.kind === "secret text";
  const adjustment = state.adjustments.find((one) => one.key === key);
  const set = (/** @type {unknown} */ next) => edit(key, next === undefined || same(next, stored) ? undefined : next);
  const id = `setting-${key.replaceAll(".", "-")}`;
  const isNone = description.optional && value === null;
  const doc = docOf(description);
  const unit = isNone ? "" : unitOf(key);
  const described = [unit && `${id}-unit`, `${id}-doc`, error && `${id}-error`].filter(Boolean).join(" ");
  const attributes = { id, "aria-describedby": described, "aria-invalid": error ? "true" : undefined };
  const range = isTimeOfDay(key) ? "" : rangeOf(description);

  return html`<div class=${classes("setting", isDrafted && "drafted", error && "invalid")} data-key=${key}>
    <div class="setting-head">
      <label for=${id}>${nameOf(key)}</label>
      ${section && html`<span class="badge badge-muted">${tOr(`settings.section.${section}`, section)}</span>`}
      ${isDrafted && html`<span class="badge badge-warn">${t("settings.not_saved")}</span>`}
      ${!isDrafted && isStored && html`<span class="badge badge-muted">${t("settings.own_value")}</span>`}
      ${description.restart_needed && html`<span class="badge badge-muted">${t("settings.restart")}</span>`}
    </div>
    <p class="hint" id=${`${id}-doc`} lang=${doc.lang}>${marked(doc.text)} ${range && html`<span class="muted">${range}</span>`}</p>
    <div class="setting-control">
      ${isNone
        ? html`<input ...${attributes} type="text" disabled value=${t("settings.none")} />`
        : html`<${Control} description=${description} value=${value} attributes=${attributes} set=${set} isStored=${isStored} />`}
      ${unit && html`<span class="hint" id=${`${id}-unit`}>${unit} <span class="muted">${readable(key, value) && `= ${readable(key, value)}`}</span></span>`}
      ${description.optional &&
      html`<label class="check">
        <input
          type="checkbox"
          checked=${isNone}
          aria-label=${`${nameOf(key)}: ${t("settings.none")}`}
          onChange=${(/** @type {Event} */ event) => {
            const on = /** @type {HTMLInputElement} */ (event.currentTarget).checked;
            set(on ? null : (description.default ?? description.minimum ?? ""));
          }}
        />
        <span>${t("settings.none")}</span>
      </label>`}
      ${isDrafted
        ? html`<button type="button" class="button small" onClick=${() => edit(key, undefined)}>
            ${t("common.undo")}<span class="visually-hidden"> (${nameOf(key)})</span>
          </button>`
        : isStored && !isSecret && !same(stored, description.default) &&
          html`<button type="button" class="button small" onClick=${() => set(description.default)}>
            ${t("settings.to_default", { value: plain(shown(key, description.default)).slice(0, 60) })}<span class="visually-hidden"> (${nameOf(key)})</span>
          </button>`}
    </div>
    ${error && html`<p class="error-text" id=${`${id}-error`} role="alert">${icon("circle-alert")} ${plain(error)}</p>`}
    ${description.no_effect && html`<p class="notice notice-info">${t("settings.no_effect", { reason: tOr(`reason.${description.no_effect}`, description.no_effect) })}</p>`}
    ${adjustment
      ? html`<p class="notice notice-warn">
          ${t("settings.in_force", { value: plain(shown(key, adjustment.used)) })} <bdi>${plain(reasonOf(adjustment, description))}</bdi>
        </p>`
      : !isSecret && !isDrafted && !same(effective, stored) &&
        html`<p class="notice notice-warn">${t("settings.in_force", { value: plain(shown(key, effective)) })}</p>`}
  </div>`;
}
