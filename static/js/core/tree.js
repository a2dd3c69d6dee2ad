// A tree of rows: arrows open and close, space ticks. Only rows in view are in the document.

import { html, useEffect, useLayoutEffect, useRef, useState } from "./html.js";
import { icon } from "./icon.js";
import { t } from "./i18n.js";
import { openMenu } from "./menu.js";

/** @typedef {import("./html.js").Child} Child */
/** @typedef {import("./menu.js").Item} Item */
/**
 * @typedef {object} Node
 * @property {string} id
 * @property {string} name
 * @property {Node[]} [children] makes it a folder
 * @property {"true" | "false" | "mixed"} [checked]
 */

const ROW = 36;
const MARGIN = 10;

/** @param {Node[]} nodes @param {Set<string>} open @param {number} level @param {{ node: Node, level: number }[]} into */
function flatten(nodes, open, level, into) {
  for (const node of nodes) {
    into.push({ node, level });
    if (node.children && open.has(node.id)) flatten(node.children, open, level + 1, into);
  }
  return into;
}

/**
 * @template {Node} N
 * @param {{
 *   label: string,
 *   nodes: N[],
 *   initiallyOpen?: string[],
 *   extra?: (node: N) => Child,
 *   onCheck?: (node: N, on: boolean) => void,
 *   menu?: (node: N) => Item[],
 *   height?: number,
 * }} props `extra` are the cells beside the name
 */
export function Tree({ label, nodes, initiallyOpen = [], extra, onCheck, menu, height = 480 }) {
  const [open, setOpen] = useState(() => new Set(initiallyOpen));
  const [current, setCurrent] = useState(0);
  const [top, setTop] = useState(0);
  const frame = useRef(/** @type {HTMLDivElement | null} */ (null));
  const body = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [id] = useState(() => `tree-${Math.random().toString(36).slice(2, 8)}`);
  const rows = /** @type {{ node: N, level: number }[]} */ (flatten(nodes, open, 0, []));
  const at = Math.min(current, rows.length - 1);

  useLayoutEffect(() => {
    body.current?.style.setProperty("height", `${rows.length * ROW}px`);
    frame.current?.style.setProperty("max-height", `${height}px`);
  }, [rows.length, height]);

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    if (at * ROW < element.scrollTop) element.scrollTop = at * ROW;
    else if ((at + 1) * ROW > element.scrollTop + element.clientHeight) element.scrollTop = (at + 1) * ROW - element.clientHeight;
  }, [at]);

  const toggle = (/** @type {Node} */ node) =>
    setOpen((old) => {
      const next = new Set(old);
      if (!next.delete(node.id)) next.add(node.id);
      return next;
    });
  const check = (/** @type {N} */ node) => onCheck?.(node, node.checked !== "true");
  const showMenu = (/** @type {N} */ node, /** @type {Element | { x: number, y: number }} */ where) => {
    if (menu) openMenu(where, menu(node), node.name);
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const row = rows[at];
    if (!row) return;
    const { node, level } = row;
    const page = Math.max(1, Math.floor((frame.current?.clientHeight ?? ROW) / ROW) - 1);
    switch (event.key) {
      case "ArrowDown": setCurrent(Math.min(rows.length - 1, at + 1)); break;
      case "ArrowUp": setCurrent(Math.max(0, at - 1)); break;
      case "PageDown": setCurrent(Math.min(rows.length - 1, at + page)); break;
      case "PageUp": setCurrent(Math.max(0, at - page)); break;
      case "Home": setCurrent(0); break;
      case "End": setCurrent(rows.length - 1); break;
      case "ArrowRight":
        if (node.children && !open.has(node.id)) toggle(node);
        else if (node.children) setCurrent(at + 1);
        break;
      case "ArrowLeft":
        if (node.children && open.has(node.id)) toggle(node);
        else setCurrent(Math.max(0, rows.findLastIndex((other, place) => place < at && other.level < level)));
        break;
      case " ": check(node); break;
      case "Enter": if (node.children) toggle(node); else check(node); break;
      case "ContextMenu": showMenu(node, document.getElementById(`${id}-${at}`) ?? { x: 0, y: 0 }); break;
      default:
        if (event.key === "F10" && event.shiftKey) showMenu(node, document.getElementById(`${id}-${at}`) ?? { x: 0, y: 0 });
        else return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const first = Math.max(0, Math.floor(top / ROW) - MARGIN);
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW) + MARGIN);
  return html`<div
    ref=${frame}
    class="tree"
    role="tree"
    aria-label=${label}
    tabindex="0"
    aria-activedescendant=${rows.length ? `${id}-${at}` : undefined}
    onKeyDown=${keys}
    onScroll=${(/** @type {Event} */ event) => setTop(/** @type {HTMLElement} */ (event.currentTarget).scrollTop)}
  >
    <div ref=${body} class="tree-body" role="presentation">
      ${rows.slice(first, last).map(({ node, level }, offset) => {
        const place = first + offset;
        const position = (/** @type {HTMLElement | null} */ element) => {
          element?.style.setProperty("--top", `${place * ROW}px`);
          element?.style.setProperty("--level", String(level));
        };
        return html`<div
          key=${node.id}
          id=${`${id}-${place}`}
          ref=${position}
          class=${`tree-row ${place === at ? "current" : ""}`}
          role="treeitem"
          aria-level=${level + 1}
          aria-expanded=${node.children ? String(open.has(node.id)) : undefined}
          aria-checked=${node.checked}
          aria-selected=${String(place === at)}
          onClick=${() => setCurrent(place)}
          onContextMenu=${(/** @type {MouseEvent} */ event) => {
            if (!menu) return;
            event.preventDefault();
            setCurrent(place);
            showMenu(node, { x: event.clientX, y: event.clientY });
          }}
        >
          <span class="tree-name">
            ${node.children
              ? html`<span class="tree-twist" onClick=${() => toggle(node)}>${icon(open.has(node.id) ? "chevron-down" : "chevron-right")}</span>`
              : html`<span class="tree-twist"></span>`}
            ${onCheck &&
            html`<span class=${`tick tick-${node.checked}`} onClick=${() => check(node)}>
              ${node.checked === "true" && icon("check")}
            </span>`}
            ${icon(node.children ? (open.has(node.id) ? "folder-open" : "folder") : "file")}
            <bdi class="ellipsis" title=${node.name}>${node.name}</bdi>
          </span>
          ${extra?.(node)}
          ${menu &&
          html`<span
            class="tree-more"
            title=${t("common.more")}
            onClick=${(/** @type {MouseEvent} */ event) => {
              event.stopPropagation();
              setCurrent(place);
              showMenu(node, /** @type {Element} */ (event.currentTarget));
            }}
            >${icon("ellipsis")}</span
          >`}
        </div>`;
      })}
    </div>
  </div>`;
}
