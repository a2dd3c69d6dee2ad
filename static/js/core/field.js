// Form fields with their label, their hint and what the server said about them.

import { html } from "./html.js";
import { t } from "./i18n.js";
import { icon } from "./icon.js";

/** @typedef {import("./html.js").Child} Child */

/**
 * A labelled field. `control` is given the attributes that tie it to label, hint and error.
 * @param {{ id: string, label: string, hint?: Child, error?: string | null, control: (attributes: Record<string, string | undefined>) => Child }} props
 */
export function Field({ id, label, hint, error, control }) {
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return html`<div class=${`field ${error ? "invalid" : ""}`}>
    <label for=${id}>${label}</label>
    ${control({ id, "aria-describedby": described || undefined, "aria-invalid": error ? "true" : undefined })}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${error && html`<p class="error-text" id=${`${id}-error`}>${icon("circle-alert")} ${error}</p>`}
  </div>`;
}

/** Leads to the first field that was refused, once it is drawn so. */
export function showInvalid() {
  setTimeout(() => {
    const field = /** @type {HTMLElement | null} */ (document.querySelector("[aria-invalid=true]"));
    field?.focus();
  }, 50);
}

/**
 * A switch with its label.
 * @param {{ id: string, label: string, checked: boolean, onChange: (on: boolean) => void, hint?: Child, disabled?: boolean }} props
 */
export function Switch({ id, label, checked, onChange, hint, disabled = false }) {
  return html`<div class="switch-field">
    <label class="switch" for=${id}>
      <input
        type="checkbox"
        role="switch"
        id=${id}
        checked=${checked}
        disabled=${disabled}
        aria-describedby=${hint ? `${id}-hint` : undefined}
        onChange=${(/** @type {Event} */ event) => onChange(/** @type {HTMLInputElement} */ (event.currentTarget).checked)}
      />
      <span class="switch-track" aria-hidden="true"></span>
      <span>${label}</span>
    </label>
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
  </div>`;
}

/**
 * A choice among a few.
 * @param {{ id: string, value: string, options: { value: string, label: string }[], onChange: (value: string) => void, attributes?: Record<string, string | undefined>, disabled?: boolean }} props
 */
export function Select({ id, value, options, onChange, attributes = {}, disabled = false }) {
  return html`<select
    ...${attributes}
    id=${id}
    value=${value}
    disabled=${disabled}
    onChange=${(/** @type {Event} */ event) => onChange(/** @type {HTMLSelectElement} */ (event.currentTarget).value)}
  >
    ${options.map(
      (option) => html`<option key=${option.value} value=${option.value} selected=${option.value === value}>${option.label}</option>`,
    )}
  </select>`;
}

/** @param {Event} event */
const typed = (event) => /** @type {HTMLInputElement} */ (event.currentTarget).value;

/**
 * A limit: one of some words, or a number.
 * @param {{ id: string, label: string, limit: number | string, choices: { value: string, label: string }[], unit: number, unitLabel: string, least?: number, error?: string | null, onChange: (limit: number | string) => void }} props `unit` is what one of the field is for the server
 */
export function Limit({ id, label, limit, choices, unit, unitLabel, least = 0, error = null, onChange }) {
  return html`<${Field}
    id=${id}
    label=${label}
    error=${error}
    control=${(/** @type {Record<string, string | undefined>} */ attributes) => html`<div class="limit">
      <${Select}
        id=${id}
        attributes=${attributes}
        value=${typeof limit === "number" ? "at" : limit}
        options=${[...choices, { value: "at", label: t("options.limit.at") }]}
        onChange=${(/** @type {string} */ next) => onChange(next === "at" ? unit : next)}
      />
      ${typeof limit === "number" &&
      html`<input
          type="number"
          min=${least}
          step=${unit === 1 ? "0.01" : "1"}
          required
          aria-label=${t("options.limit.value", { label })}
          value=${Number.isNaN(limit) ? "" : Math.round((limit / unit) * 100) / 100}
          onInput=${(/** @type {Event} */ event) => onChange(typed(event) === "" ? NaN : Math.round(Number(typed(event)) * unit * 100) / 100)}
        />
        <span>${unitLabel}</span>`}
    </div>`}
  />`;
}

/**
 * A share as a bar.
 * @param {{ share: number, label: string, kind?: string }} props `share` from 0 to 1
 */
export function Progress({ share, label, kind = "" }) {
  const bar = (/** @type {HTMLElement | null} */ element) => element?.style.setProperty("--share", String(share));
  return html`<span
    class=${`progress ${kind}`}
    role="progressbar"
    aria-label=${label}
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${String(Math.floor(share * 100))}
    ref=${bar}
  ></span>`;
}
