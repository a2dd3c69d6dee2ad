// The list on the screen: only what is in view is in the document, however long the list is. One element has the focus,
// and the present row is its active descendant, so that rows can come and go below it.

import { bytes, duration, plain, rate, ratio } from "../../core/format.js";
import { Component, classes, html, useEffect, useLayoutEffect, useRef, useState } from "../../core/html.js";
import { t } from "../../core/i18n.js";
import { icon } from "../../core/icon.js";
import { openMenu } from "../../core/menu.js";
import { useStore } from "../../core/store.js";
import { known, layout, progressBar, sorting, stateMark } from "./columns.js";
import { chooseColumns } from "./dialogs.js";
import * as select from "./selection.js";

/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./selection.js").Selection} Selection */
/** @typedef {import("./list.js").TorrentList} TorrentList */
/** @typedef {ReturnType<typeof known>} Shown */

/** Rows beyond the view that are drawn, so that scrolling meets them. */
const MARGIN = 8;
const HEAD = 36;
/** Milliseconds that a finger rests for a long press. */
const PRESS = 450;
/** Pixels by which a column grows at a time where no pointer draws it. */
const STEP = 24;
/** Rows per frame above which scrolling is a jump, whose stops on the way are not fetched. */
const JUMP = 60;

/** @typedef {{ row: Row | undefined, index: number, top: number, columns: Shown, isCard: boolean, selected: boolean, current: boolean, opened: boolean, ticks: boolean }} LineProps */

/** @extends {Component<LineProps>} */
class Line extends Component {
  /** @param {LineProps} next */
  shouldComponentUpdate(next) {
    const now = this.props;
    return (
      now.row !== next.row || now.index !== next.index || now.top !== next.top || now.columns !== next.columns || now.isCard !== next.isCard ||
      now.selected !== next.selected || now.current !== next.current || now.opened !== next.opened || now.ticks !== next.ticks
    );
  }

  render() {
    const { row, index, top, columns, isCard, selected, current, opened, ticks } = this.props;
    // Set directly: a custom property would have the styles of all cells computed anew.
    const place = (/** @type {HTMLElement | null} */ element) => element?.style.setProperty("transform", `translateY(${top}px)`);
    const attributes = {
      id: `torrent-row-${index}`,
      ref: place,
      role: "row",
      "aria-rowindex": index + 2,
      "aria-selected": String(selected),
      "data-index": index,
      class: classes(isCard ? "torrent-card" : "grid-row", selected && "selected", current && "current", opened && "opened", !row && "skeleton"),
    };
    if (!row) return html`<div ...${attributes} aria-busy="true"><span role="gridcell" class="skeleton-line"></span></div>`;
    if (isCard) return html`<div ...${attributes}><div role="gridcell" class="card-cell"><${Card} row=${row} selected=${selected} ticks=${ticks} /></div></div>`;
    return html`<div ...${attributes}>
      <div role="gridcell" class="grid-cell tick-cell"><span class=${`tick tick-${selected}`} data-tick="1">${selected && icon("check")}</span><span class="visually-hidden">${selected ? t("torrents.selected") : ""}</span></div>
      ${columns.map(({ column }) => html`<div role="gridcell" key=${column.id} class=${classes("grid-cell", column.number && "number", `cell-${column.id}`)}>${column.cell(row)}</div>`)}
    </div>`;
  }
}

/** @param {{ row: Row, selected: boolean, ticks: boolean }} props */
function Card({ row, selected, ticks }) {
  return html`
    <div class="card-top">
      ${ticks && html`<span class=${`tick tick-${selected}`}>${selected && icon("check")}</span>`}
      <bdi class="card-name">${plain(row.name).slice(0, 300)}</bdi>
      <span class="icon-button small card-more" data-more="1" title=${t("torrents.actions")}>${icon("ellipsis")}</span>
    </div>
    ${progressBar(row)}
    <div class="card-facts">
      ${stateMark(row)}
      <span>${bytes(row.size ?? 0)}</span>
      ${row.download_rate ? html`<span class="rate-down">↓ ${rate(row.download_rate)}</span>` : null}
      ${row.upload_rate ? html`<span class="rate-up">↑ ${rate(row.upload_rate)}</span>` : null}
      ${row.eta !== null && row.eta !== undefined ? html`<span>${duration(row.eta)}</span>` : html`<span class="muted">${t("torrents.ratio", { ratio: ratio(row.ratio) })}</span>`}
    </div>
  `;
}

/** @param {{ columns: Shown, onAll: () => void, all: "true" | "false" | "mixed" }} props */
function Head({ columns, onAll, all }) {
  const order = useStore(sorting);
  const grid = () => document.getElementById("torrent-grid");
  const sort = (/** @type {string | undefined} */ by) => {
    if (!by) return;
    const turned = order.order === "asc" ? "desc" : "asc";
    const initial = by === "name" || by === "category" || by === "tracker" || by === "queue_position" ? "asc" : "desc";
    sorting.set({ sort: by, order: order.sort === by ? turned : initial });
  };
  const resize = (/** @type {PointerEvent} */ event, /** @type {number} */ at) => {
    event.preventDefault();
    event.stopPropagation();
    const handle = /** @type {HTMLElement} */ (event.currentTarget);
    handle.setPointerCapture(event.pointerId);
    const begin = event.clientX;
    const widths = columns.map((one) => one.width);
    const initial = widths[at] ?? 100;
    const follow = (/** @type {PointerEvent} */ move) => {
      widths[at] = Math.max(48, Math.min(1200, initial + move.clientX - begin));
      // The rows follow by a custom property alone; they are drawn anew when the handle is let go.
      grid()?.style.setProperty("--columns", template(widths));
    };
    const end = () => {
      handle.removeEventListener("pointermove", follow);
      layout.set(columns.map(({ column }, place) => ({ id: column.id, width: Math.round(widths[place] ?? 100) })));
    };
    handle.addEventListener("pointermove", follow);
    handle.addEventListener("pointerup", end, { once: true });
    handle.addEventListener("pointercancel", end, { once: true });
  };
  const shift = (/** @type {string} */ id, /** @type {number} */ to) => {
    const next = layout.value.filter((one) => one.id !== id);
    const moved = layout.value.find((one) => one.id === id);
    if (moved) next.splice(to, 0, moved);
    layout.set(next);
  };
  // One of the heads is reached by Tab, the others from there by the arrows.
  const [stop, setStop] = useState(0);
  const reach = (/** @type {number} */ at) => {
    setStop(at);
    document.getElementById(`torrent-head-${at}`)?.focus();
  };
  /** Changes the columns by the menu: the focus stays where the column went. @param {() => void} change @param {number} at */
  const keeping = (change, at) => {
    change();
    requestAnimationFrame(() => reach(at + 1));
  };
  const widen = (/** @type {number} */ at, /** @type {number} */ by) =>
    layout.set(columns.map(({ column, width }, place) => ({ id: column.id, width: place === at ? Math.max(48, Math.min(1200, width + by)) : width })));
  const menu = (/** @type {Element | { x: number, y: number }} */ where, /** @type {number} */ at) => {
    const column = columns[at]?.column;
    if (!column) return;
    openMenu(where, [
      { label: t("torrents.columns.left"), icon: "arrow-left", disabled: at === 0, run: () => keeping(() => shift(column.id, at - 1), at - 1) },
      { label: t("torrents.columns.right"), icon: "arrow-right", disabled: at === columns.length - 1, run: () => keeping(() => shift(column.id, at + 1), at + 1) },
      { label: t("torrents.columns.wider"), icon: "chevron-right", run: () => widen(at, STEP) },
      { label: t("torrents.columns.narrower"), icon: "chevron-left", run: () => widen(at, -STEP) },
      { label: t("torrents.columns.hide"), icon: "eye-off", disabled: column.id === "name", run: () => keeping(() => layout.set(layout.value.filter((one) => one.id !== column.id)), at - 1) },
      { kind: "line" },
      { label: t("torrents.columns.title"), icon: "columns-3", run: chooseColumns },
    ], t("torrents.columns.title"));
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const at = Number(/** @type {Element} */ (event.target).id.replace("torrent-head-", ""));
    const last = columns.length;
    const by = event.altKey || event.ctrlKey || event.metaKey;
    if (by) return;
    if (event.key === "ArrowRight") reach(Math.min(last, at + 1));
    else if (event.key === "ArrowLeft") reach(Math.max(0, at - 1));
    else if (event.key === "Home") reach(0);
    else if (event.key === "End") reach(last);
    else if (event.key === "ArrowDown" || event.key === "Escape") grid()?.focus();
    else if ((event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) && at > 0) menu(/** @type {Element} */ (event.target), at - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const place = Math.min(stop, columns.length);
  /** @param {number} at */
  const focusable = (at) => ({ id: `torrent-head-${at}`, tabindex: place === at ? 0 : -1, onFocus: () => setStop(at) });
  return html`<div role="rowgroup" class="grid-head" onKeyDown=${keys}>
    <div role="row" aria-rowindex="1" class="grid-row head">
      <div role="columnheader" class="grid-cell tick-cell">
        <button type="button" ...${focusable(0)} class=${`tick tick-${all}`} aria-label=${t("torrents.select_all")} aria-pressed=${all} onClick=${onAll}>${all === "true" && icon("check")}</button>
      </div>
      ${columns.map(({ column }, at) => {
        const is = column.sort !== undefined && column.sort === order.sort;
        return html`<div
          key=${column.id}
          role="columnheader"
          class=${classes("grid-cell", "head-cell", column.number && "number")}
          aria-sort=${is ? (order.order === "asc" ? "ascending" : "descending") : column.sort ? "none" : undefined}
          draggable="true"
          onContextMenu=${(/** @type {MouseEvent} */ event) => {
            event.preventDefault();
            menu({ x: event.clientX, y: event.clientY }, at);
          }}
          onDragStart=${(/** @type {DragEvent} */ event) => event.dataTransfer?.setData("application/x-revaer-column", column.id)}
          onDragOver=${(/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("application/x-revaer-column") && event.preventDefault()}
          onDrop=${(/** @type {DragEvent} */ event) => {
            const id = event.dataTransfer?.getData("application/x-revaer-column");
            if (!id) return;
            event.preventDefault();
            shift(id, at);
          }}
        >
          ${column.sort
            ? html`<button type="button" ...${focusable(at + 1)} class="sort" onClick=${() => sort(column.sort)}><span class="ellipsis">${t(`torrents.column.${column.id}`)}</span>${is && icon(order.order === "asc" ? "arrow-up" : "arrow-down")}</button>`
            : html`<span ...${focusable(at + 1)} class="sort ellipsis">${t(`torrents.column.${column.id}`)}</span>`}
          <span class="resize" draggable="false" onPointerDown=${(/** @type {PointerEvent} */ event) => resize(event, at)}></span>
        </div>`;
      })}
    </div>
  </div>`;
}

/** @param {number[]} widths */
function template(widths) {
  return `40px ${widths.map((width, at) => (at === 0 ? `minmax(${width}px, 1fr)` : `${width}px`)).join(" ")}`;
}

/**
 * @param {{
 *   list: TorrentList,
 *   isCards: boolean,
 *   isDense: boolean,
 *   selection: Selection,
 *   opened: string | null,
 *   onSelect: (selection: Selection) => void,
 *   onOpen: (id: string) => void,
 *   onMenu: (where: Element | { x: number, y: number }, id: string) => void,
 *   onKey: (event: KeyboardEvent) => boolean,
 * }} props `onKey` says whether it took a key
 */
export function Grid({ list, isCards, isDense, selection, opened, onSelect, onOpen, onMenu, onKey }) {
  useStore(list.version);
  const columns = known(useStore(layout));
  const shown = useRef(columns);
  if (JSON.stringify(shown.current.map((one) => one.column.id)) !== JSON.stringify(columns.map((one) => one.column.id))) shown.current = columns;
  const frame = useRef(/** @type {HTMLDivElement | null} */ (null));
  const body = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const touch = useRef({ isTouch: false, pressed: /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined), wasLong: false });
  const before = useRef(0);

  const rowHeight = isCards ? 96 : isDense ? 32 : 40;
  const head = isCards ? 0 : HEAD;
  const first = Math.max(0, Math.floor(top / rowHeight) - MARGIN);
  const last = Math.min(list.total, Math.ceil((top + height) / rowHeight) + MARGIN);

  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const measure = () => setHeight(element.clientHeight);
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    body.current?.style.setProperty("height", `${list.total * rowHeight}px`);
    frame.current?.style.setProperty("--columns", template(columns.map((one) => one.width)));
    frame.current?.style.setProperty("--row", `${rowHeight}px`);
  }, [list.total, rowHeight, columns.map((one) => `${one.column.id}${one.width}`).join()]);
  useEffect(() => {
    const isJump = Math.abs(first - before.current) > JUMP;
    before.current = first;
    const timer = setTimeout(() => list.look(first, last), isJump ? 60 : 0);
    return () => clearTimeout(timer);
  }, [first, last, list]);

  const reveal = (/** @type {number} */ index) => {
    const element = frame.current;
    if (!element) return;
    const [begin, end] = [index * rowHeight, (index + 1) * rowHeight];
    if (begin < element.scrollTop) element.scrollTop = begin;
    else if (end > element.scrollTop + element.clientHeight - head) element.scrollTop = end - element.clientHeight + head;
  };
  const range = async (/** @type {number} */ from, /** @type {number} */ to) => {
    const ids = await list.ids(Math.min(from, to), Math.max(from, to));
    onSelect({ ids: new Set(ids), all: false, anchor: from, focus: to });
  };
  const goTo = (/** @type {number} */ wanted, /** @type {KeyboardEvent} */ event) => {
    const index = Math.max(0, Math.min(list.total - 1, wanted));
    reveal(index);
    const row = list.at(index);
    if (event.shiftKey) void range(selection.anchor < 0 ? index : selection.anchor, index);
    else if (event.ctrlKey || event.metaKey) onSelect({ ...selection, focus: index });
    else if (row) onSelect(select.only(row.id, index));
    else onSelect({ ...select.none(selection), anchor: index, focus: index });
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (event.target !== frame.current) return;
    // Everything can be selected before a row has been gone to.
    const at = selection.focus < 0 && selection.all ? first + (first > 0 ? MARGIN : 0) : selection.focus;
    const page = Math.max(1, Math.floor((height - head) / rowHeight) - 1);
    const row = list.at(at);
    const isControl = event.ctrlKey || event.metaKey;
    const moves = /** @type {Record<string, number>} */ ({ ArrowDown: at + 1, ArrowUp: at < 0 ? 0 : at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: list.total - 1 });
    const target = moves[event.key];
    if (target !== undefined && list.total > 0) goTo(target, event);
    else if (event.key === " " && row) onSelect(select.toggle(selection, row.id, at));
    else if (event.key.toLowerCase() === "a" && isControl) onSelect(select.everything(selection));
    else if (event.key === "Escape" && select.count(selection, list.total) > 0) onSelect(select.none(selection));
    else if (event.key === "Enter" && row) onOpen(row.id);
    else if ((event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) && row) onMenu(document.getElementById(`torrent-row-${at}`) ?? { x: 100, y: 100 }, row.id);
    else if (!onKey(event)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  /** @param {Event} event */
  const hit = (event) => {
    const element = event.target instanceof Element ? event.target.closest("[data-index]") : null;
    const index = element ? Number(element.getAttribute("data-index")) : -1;
    return { element, index, row: index >= 0 ? list.at(index) : undefined, on: event.target instanceof Element ? event.target : null };
  };
  const press = (/** @type {PointerEvent} */ event) => {
    touch.current.isTouch = event.pointerType === "touch";
    touch.current.wasLong = false;
    clearTimeout(touch.current.pressed);
    const { row, index } = hit(event);
    if (!touch.current.isTouch || !row) return;
    touch.current.pressed = setTimeout(() => {
      touch.current.wasLong = true;
      onSelect(select.toggle(selection, row.id, index));
    }, PRESS);
  };
  const release = () => clearTimeout(touch.current.pressed);
  const click = (/** @type {MouseEvent} */ event) => {
    const { row, index, on, element } = hit(event);
    if (!row || !element) return;
    if (touch.current.wasLong) return;
    if (on?.closest("[data-more]")) return onMenu(on, row.id);
    const hasSelection = select.count(selection, list.total) > 0;
    if (on?.closest("[data-tick]") || event.ctrlKey || event.metaKey || ((touch.current.isTouch || isCards) && hasSelection)) onSelect(select.toggle(selection, row.id, index));
    else if (event.shiftKey) void range(selection.anchor < 0 ? index : selection.anchor, index);
    else if (touch.current.isTouch || isCards) onOpen(row.id);
    else {
      onSelect(select.only(row.id, index));
      if (opened) onOpen(row.id);
    }
  };
  const context = (/** @type {MouseEvent} */ event) => {
    const { row } = hit(event);
    if (!row) return;
    event.preventDefault();
    // A finger that rests selects; the menu is at the row's own button then.
    if (!touch.current.isTouch) onMenu({ x: event.clientX, y: event.clientY }, row.id);
  };

  const count = select.count(selection, list.total);
  const all = count > 0 && count === list.total ? "true" : count > 0 ? "mixed" : "false";
  // Lines that leave at one end come back at the other, so that scrolling makes no new elements.
  const pool = Math.ceil(height / rowHeight) + 2 * MARGIN + 2;
  const rows = [];
  for (let index = first; index < last; index += 1) {
    const row = list.at(index);
    rows.push(html`<${Line}
      key=${index % pool}
      row=${row}
      index=${index}
      top=${index * rowHeight}
      columns=${shown.current}
      isCard=${isCards}
      selected=${row ? select.isSelected(selection, row.id) : selection.all}
      current=${index === selection.focus}
      opened=${row !== undefined && row.id === opened}
      ticks=${count > 0}
    />`);
  }
  return html`<div
    ref=${frame}
    id="torrent-grid"
    class=${classes("grid", isCards && "cards-mode", isDense && "dense")}
    role="grid"
    tabindex="0"
    aria-label=${t("torrents.list")}
    aria-multiselectable="true"
    aria-rowcount=${list.total + 1}
    aria-colcount=${isCards ? 1 : columns.length + 1}
    aria-busy=${String(!list.isKnown)}
    aria-activedescendant=${selection.focus >= first && selection.focus < last ? `torrent-row-${selection.focus}` : undefined}
    onScroll=${(/** @type {Event} */ event) => {
      release();
      setTop(/** @type {HTMLElement} */ (event.currentTarget).scrollTop);
    }}
    onKeyDown=${keys}
    onPointerDown=${press}
    onPointerUp=${release}
    onPointerCancel=${release}
    onClick=${click}
    onDblClick=${(/** @type {MouseEvent} */ event) => {
      const { row } = hit(event);
      if (row) onOpen(row.id);
    }}
    onContextMenu=${context}
  >
    ${!isCards && html`<${Head} columns=${columns} all=${all} onAll=${() => onSelect(all === "true" ? select.none(selection) : select.everything(selection))} />`}
    <div ref=${body} class="grid-body" role="rowgroup">${rows}</div>
  </div>`;
}

