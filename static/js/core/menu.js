// Menus: of a button or of the right mouse button, by keyboard as well. One is open at a time; on phones it is a sheet.

import { html, useEffect, useLayoutEffect, useRef, useState } from "./html.js";
import { icon } from "./icon.js";
import { t } from "./i18n.js";
import { Store, useStore } from "./store.js";

/**
 * @typedef {object} Item
 * @property {string} [label]
 * @property {string} [icon]
 * @property {() => unknown} [run]
 * @property {boolean} [checked] makes it a switch
 * @property {boolean} [danger]
 * @property {boolean} [disabled]
 * @property {string} [keys] the key that does the same, shown only
 * @property {Item[]} [items] a menu below
 * @property {"line"} [kind]
 */
/** @typedef {{ x: number, y: number, right?: number, items: Item[], label: string, back: Element | null }} Open */

/** @type {Store<Open | null>} */
const open = new Store(/** @type {Open | null} */ (null));

/**
 * Opens a menu at an element or at a point.
 * @param {Element | { x: number, y: number }} where
 * @param {Item[]} items
 * @param {string} label
 */
export function openMenu(where, items, label) {
  const back = document.activeElement;
  if (where instanceof Element) {
    const box = where.getBoundingClientRect();
    open.set({ x: box.left, y: box.bottom + 4, right: box.right, items, label, back });
  } else {
    open.set({ ...where, items, label, back });
  }
}

export function closeMenu() {
  const was = open.value;
  open.set(null);
  if (was?.back instanceof HTMLElement && was.back.isConnected) was.back.focus({ preventScroll: true });
}

/** @param {{ menu: Open }} props */
function Shown({ menu }) {
  const [path, setPath] = useState(/** @type {{ items: Item[], label: string }[]} */ ([]));
  const top = path[path.length - 1];
  const items = top?.items ?? menu.items;
  const ref = useRef(/** @type {HTMLDivElement | null} */ (null));

  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const box = element.getBoundingClientRect();
    const left = menu.x + box.width > innerWidth - 8 ? (menu.right ?? menu.x) - box.width : menu.x;
    element.style.setProperty("--menu-x", `${Math.max(8, left)}px`);
    element.style.setProperty("--menu-y", `${Math.max(8, Math.min(menu.y, innerHeight - box.height - 8))}px`);
    /** @type {HTMLElement | null} */ (element.querySelector("[role^=menuitem]:not([aria-disabled=true])"))?.focus();
  }, [menu, path]);

  useEffect(() => {
    const away = (/** @type {Event} */ event) => {
      if (event.target instanceof Node && !ref.current?.contains(event.target)) open.set(null);
    };
    addEventListener("pointerdown", away, true);
    addEventListener("resize", closeMenu);
    return () => {
      removeEventListener("pointerdown", away, true);
      removeEventListener("resize", closeMenu);
    };
  }, []);

  const pick = (/** @type {Item} */ item) => {
    if (item.disabled) return;
    if (item.items) return setPath([...path, { items: item.items, label: item.label ?? "" }]);
    closeMenu();
    item.run?.();
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const buttons = /** @type {HTMLElement[]} */ ([...(ref.current?.querySelectorAll("[role^=menuitem]") ?? [])]);
    const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const go = (/** @type {number} */ to) => buttons[(to + buttons.length) % buttons.length]?.focus();
    const chosen = items.filter((item) => item.kind !== "line")[at - (top ? 1 : 0)];
    if (event.key === "ArrowDown") go(at + 1);
    else if (event.key === "ArrowUp") go(at - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(-1);
    else if (event.key === "ArrowRight" && chosen?.items) pick(chosen);
    else if (event.key === "ArrowLeft" && top) setPath(path.slice(0, -1));
    else if (event.key === "Escape" || event.key === "Tab") closeMenu();
    else if (event.key.length === 1 && event.key !== " ") {
      const letter = event.key.toLowerCase();
      const after = [...buttons.slice(at + 1), ...buttons.slice(0, at + 1)];
      after.find((button) => button.textContent?.trim().toLowerCase().startsWith(letter))?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return html`<div class="menu-shade" aria-hidden="true"></div>
    <div ref=${ref} class="menu" role="menu" aria-label=${top?.label ?? menu.label} tabindex="-1" onKeyDown=${keys}>
      ${top &&
      html`<button type="button" role="menuitem" class="menu-item menu-back" tabindex="-1" onClick=${() => setPath(path.slice(0, -1))}>
        ${icon("chevron-left")} <span>${top.label || t("common.back")}</span>
      </button>`}
      ${items.map((item) =>
        item.kind === "line"
          ? html`<div class="menu-line" role="separator"></div>`
          : html`<button
              type="button"
              role=${item.checked === undefined ? "menuitem" : "menuitemcheckbox"}
              aria-checked=${item.checked === undefined ? undefined : String(item.checked)}
              aria-disabled=${item.disabled ? "true" : undefined}
              aria-haspopup=${item.items ? "menu" : undefined}
              class=${`menu-item ${item.danger ? "danger" : ""}`}
              tabindex="-1"
              onClick=${() => pick(item)}
            >
              ${item.checked === undefined ? icon(item.icon ?? "", item.icon ? "" : "blank") : icon(item.checked ? "check" : "", item.checked ? "" : "blank")}
              <span class="menu-label" dir="auto">${item.label}</span>
              ${item.keys && html`<kbd>${item.keys}</kbd>`} ${item.items && icon("chevron-right")}
            </button>`,
      )}
    </div>`;
}

/** Where the menu appears; one per page. */
export function Menus() {
  const menu = useStore(open);
  return menu && html`<${Shown} key=${`${menu.x} ${menu.y} ${menu.label}`} menu=${menu} />`;
}

/**
 * A button that opens a menu.
 * @param {{ label: string, items: () => Item[], icon?: string, class?: string, text?: boolean }} props
 */
export function MenuButton({ label, items, icon: name = "ellipsis", class: className = "icon-button", text = false }) {
  return html`<button
    type="button"
    class=${className}
    aria-haspopup="menu"
    aria-label=${text ? undefined : label}
    title=${text ? undefined : label}
    onClick=${(/** @type {MouseEvent} */ event) => openMenu(/** @type {Element} */ (event.currentTarget), items(), label)}
  >
    ${icon(name)} ${text && html`<span>${label}</span>`}
  </button>`;
}
