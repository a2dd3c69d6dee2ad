// How far something is shared, and what then: fields for one torrent, for many, and for a category.

import { Field, Limit, Select } from "../../core/field.js";
import { html } from "../../core/html.js";
import { t } from "../../core/i18n.js";

/** @typedef {{ value: string, label: string }} Choice */

/** The limits, with what one of their field is for the server: ratios, and minutes as seconds. */
export const LIMITS = /** @type {const} */ ({ ratio: 1, seeding_time: 60, inactive_time: 60 });

const ACTIONS = ["stop", "remove", "remove_with_content", "super_seed"];
const MODES = ["any", "all"];

/**
 * @param {{ id: string, limits: Record<string, any>, first: Choice[], at: (member: string) => string | null, onChange: (limits: Record<string, any>) => void }} props `first` are the choices before the usual ones
 */
export function ShareFields({ id, limits, first, at, onChange }) {
  const set = (/** @type {string} */ member, /** @type {unknown} */ to) => onChange({ ...limits, [member]: to });
  const choice = (/** @type {"action" | "mode"} */ member, /** @type {string[]} */ values) => html`<${Field}
    id=${`${id}-${member}`}
    label=${t(`options.${member}`)}
    error=${at(member)}
    control=${(/** @type {Record<string, string>} */ attributes) => html`<${Select}
      id=${`${id}-${member}`}
      attributes=${attributes}
      value=${limits[member]}
      options=${[...first, ...values.map((value) => ({ value, label: t(`options.${member}.${value}`) }))]}
      onChange=${(/** @type {string} */ to) => set(member, to)}
    />`}
  />`;
  return html`
    ${Object.entries(LIMITS).map(
      ([member, unit]) => html`<${Limit}
        key=${member}
        id=${`${id}-${member}`}
        label=${t(`options.${member}`)}
        limit=${limits[member]}
        choices=${[...first, { value: "unlimited", label: t("options.limit.unlimited") }]}
        unit=${unit}
        unitLabel=${unit === 1 ? "" : t("options.minutes")}
        error=${at(member)}
        onChange=${(/** @type {number | string} */ to) => set(member, to)}
      />`,
    )}
    ${choice("action", ACTIONS)} ${choice("mode", MODES)}
  `;
}
