// Icons are decoration: what they mean is always said in text or in a label.

import { h } from "./html.js";
import { shapes } from "../../vendor/lucide/icons.js";

/** @param {string} name one of static/vendor/lucide/icons.js @param {string} [className] */
export function icon(name, className = "") {
  return h(
    "svg",
    {
      class: `icon ${className}`,
      viewBox: "0 0 24 24",
      fill: "none",
      stroke: "currentColor",
      "stroke-width": "2",
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
      "aria-hidden": "true",
      focusable: "false",
    },
    (shapes[name] ?? []).map(([tag, attributes]) => h(tag, attributes)),
  );
}
