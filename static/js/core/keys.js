// The keyboard map: single keys that do something while no field has the focus, all listed by `?`.

import { html, useEffect } from "./html.js";
import { isDialogOpen, openDialog } from "./dialog.js";
import { t } from "./i18n.js";

/** @typedef {{ keys: string, label: string, run?: (event: KeyboardEvent) => unknown, group: string }} Binding */

/** @type {Set<Binding>} */
const bindings = new Set();

/** The name of a key press, such as `ctrl+a` or `?`. @param {KeyboardEvent} event */
export function nameOf(event) {
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  const parts = [event.ctrlKey || event.metaKey ? "ctrl" : "", event.altKey ? "alt" : ""];
  // A shifted letter or arrow is named so; a shifted sign is another sign already.
  if (event.shiftKey && (key.length > 1 || /[a-z]/u.test(key))) parts.push("shift");
  return [...parts, key].filter(Boolean).join("+");
}

/**
 * Binds a key while a component is shown.
 * @param {string} group the page, for the help
 * @param {{ keys: string, label: string, run?: (event: KeyboardEvent) => unknown }[]} list without `run` it is only listed
 * @param {unknown[]} inputs
 */
export function useKeys(group, list, inputs) {
  useEffect(() => {
    const added = list.map((binding) => ({ ...binding, group }));
    added.forEach((binding) => bindings.add(binding));
    return () => added.forEach((binding) => bindings.delete(binding));
  }, inputs);
}

/** True if typing goes somewhere. @param {EventTarget | null} target */
export function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select"));
}

/** Listens for the keys of the map. */
export function listen() {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isTyping(event.target) || isDialogOpen()) return;
    const name = nameOf(event);
    if (name === "?") {
      event.preventDefault();
      void help();
      return;
    }
    for (const binding of [...bindings].reverse()) {
      if (binding.run && binding.keys.split(" ").includes(name)) {
        event.preventDefault();
        binding.run(event);
        return;
      }
    }
  });
}

const NAMES = /** @type {Record<string, string>} */ ({
  arrowup: "↑",
  arrowdown: "↓",
  arrowleft: "←",
  arrowright: "→",
  enter: "↵",
});

/** @param {string} keys */
function shown(keys) {
  return keys.split(" ").map(
    (one) => html`<span class="keys">
      ${one.split("+").map((part) => html`<kbd>${NAMES[part] ?? (part.length === 1 ? part.toUpperCase() : t(`key.${part}`))}</kbd>`)}
    </span>`,
  );
}

/** Shows the keyboard map. */
export function help() {
  const groups = new Map([[t("keys.everywhere"), [{ keys: "?", label: t("keys.help"), group: "" }]]]);
  for (const binding of bindings) {
    groups.set(binding.group, [...(groups.get(binding.group) ?? []), binding]);
  }
  return openDialog({ title: t("keys.title"), size: "medium" }, () => html`
    ${[...groups].map(
      ([group, list]) => html`<section class="key-group" tabindex="0">
        <h3>${group}</h3>
        <dl>${list.map((binding) => html`<div><dt>${binding.label}</dt><dd>${shown(binding.keys)}</dd></div>`)}</dl>
      </section>`,
    )}
  `);
}
