// Tabs: the arrow keys move between them.

import { html, useEffect } from "./html.js";
import { icon } from "./icon.js";

/** @typedef {{ id: string, label: string, icon?: string, count?: number | null }} Tab */

/** Pixels of the next tab that show that there is one. */
const EDGE = 32;

/**
 * The row of tabs; the panel has the id `<id>-panel` and is labelled by `<id>-tab-<tab>`.
 * @param {{ id: string, tabs: Tab[], selected: string, label: string, onSelect: (tab: string) => void }} props
 */
export function Tabs({ id, tabs, selected, label, onSelect }) {
  useEffect(() => {
    // On a narrow screen the row is wider than the window.
    const tab = document.getElementById(`${id}-tab-${selected}`);
    const row = tab?.parentElement;
    if (!tab || !row) return;
    const [begin, end] = [tab.offsetLeft - row.offsetLeft - EDGE, tab.offsetLeft - row.offsetLeft + tab.offsetWidth + EDGE];
    if (begin < row.scrollLeft) row.scrollLeft = begin;
    else if (end > row.scrollLeft + row.clientWidth) row.scrollLeft = end - row.clientWidth;
  }, [selected]);
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const at = tabs.findIndex((tab) => tab.id === selected);
    const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 };
    const to = steps[/** @type {keyof typeof steps} */ (event.key)];
    const tab = to === undefined ? undefined : tabs[(to + tabs.length) % tabs.length];
    if (!tab) return;
    event.preventDefault();
    event.stopPropagation();
    onSelect(tab.id);
    document.getElementById(`${id}-tab-${tab.id}`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label=${label} onKeyDown=${keys}>
    ${tabs.map(
      (tab) => html`<button
        key=${tab.id}
        type="button"
        role="tab"
        id=${`${id}-tab-${tab.id}`}
        aria-selected=${String(tab.id === selected)}
        aria-controls=${tab.id === selected ? `${id}-panel` : undefined}
        tabindex=${tab.id === selected ? 0 : -1}
        class="tab"
        onClick=${() => onSelect(tab.id)}
      >
        ${tab.icon && icon(tab.icon)}<span>${tab.label}</span>
        ${tab.count !== undefined && tab.count !== null && html`<span class="count">${tab.count}</span>`}
      </button>`,
    )}
  </div>`;
}

/**
 * The panel of the selected tab.
 * @param {{ id: string, selected: string, children?: import("./html.js").Child }} props
 */
export function TabPanel({ id, selected, children }) {
  return html`<div class="tab-panel" role="tabpanel" id=${`${id}-panel`} aria-labelledby=${`${id}-tab-${selected}`} tabindex="0">
    ${children}
  </div>`;
}
