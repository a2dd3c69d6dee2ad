// The list of torrents, with the details of one beside it.

import { api, report } from "../core/api.js";
import { plain } from "../core/format.js";
import { classes, html, useEffect, useMemo, useRef, useState } from "../core/html.js";
import { ask } from "../core/dialog.js";
import { t } from "../core/i18n.js";
import { icon } from "../core/icon.js";
import { useKeys } from "../core/keys.js";
import { MenuButton, openMenu } from "../core/menu.js";
import { preference } from "../core/preferences.js";
import { go } from "../core/router.js";
import { useStore } from "../core/store.js";
import { openAdd } from "./add.js";
import { Detail } from "./detail.js";
import { run } from "./torrents/actions.js";
import { COLUMNS, fieldsOf, layout, sorting } from "./torrents/columns.js";
import { askRename, chooseColumns } from "./torrents/dialogs.js";
import { Facets, openFacets, views } from "./torrents/facets.js";
import { conditions, DIMENSIONS, EVERYTHING, fromQuery, toApi, toggled, toQuery } from "./torrents/filter.js";
import { Grid } from "./torrents/grid.js";
import { labels } from "./torrents/labels.js";
import { TorrentList } from "./torrents/list.js";
import { menuOf } from "./torrents/menu.js";
import { remove } from "./torrents/remove.js";
import * as select from "./torrents/selection.js";

/** @typedef {import("./torrents/filter.js").Filter} Filter */
/** @typedef {import("./torrents/actions.js").Target} Target */

const isDense = preference("torrents.dense", false);
const hasFacets = preference("torrents.facets", true);
const panelHeight = preference("torrents.panel", 360);
/** Milliseconds after the last letter until the search goes out. */
const TYPING = 160;

/** @param {string} query */
function useMedia(query) {
  const [is, setIs] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const follow = () => setIs(media.matches);
    media.addEventListener("change", follow);
    return () => media.removeEventListener("change", follow);
  }, [query]);
  return is;
}

/** @param {{ value: string, onSearch: (text: string) => void }} props */
function Search({ value, onSearch }) {
  const [text, setText] = useState(value);
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  useEffect(() => setText(value), [value]);
  const type = (/** @type {string} */ next) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onSearch(next), TYPING);
  };
  return html`<div class="search" role="search">
    ${icon("search")}
    <input
      id="torrent-search"
      type="search"
      aria-label=${t("torrents.search")}
      placeholder=${t("torrents.search")}
      value=${text}
      autocomplete="off"
      spellcheck="false"
      onInput=${(/** @type {Event} */ event) => type(/** @type {HTMLInputElement} */ (event.currentTarget).value)}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
        if (event.key === "ArrowDown" || event.key === "Enter") {
          event.preventDefault();
          document.getElementById("torrent-grid")?.focus();
        }
      }}
    />
  </div>`;
}

/** @param {{ filter: Filter, onFilter: (filter: Filter) => void }} props */
function Conditions({ filter, onFilter }) {
  const words = DIMENSIONS.flatMap((dimension) =>
    filter[dimension].map((value) => ({
      key: `${dimension} ${value}`,
      label: dimension === "state" ? t(`torrents.group.${value}`) : value === "" ? t(`torrents.no_${dimension}`) : plain(value),
      drop: () => onFilter(toggled(filter, dimension, value)),
    })),
  );
  if (filter.active) words.push({ key: "active", label: t("torrents.active"), drop: () => onFilter({ ...filter, active: false }) });
  if (words.length === 0) return null;
  return html`<div class="conditions">
    ${words.map(
      (word) => html`<span key=${word.key} class="chip accent">
        <bdi class="ellipsis">${word.label}</bdi>
        <button type="button" aria-label=${t("torrents.condition_remove", { name: word.label })} onClick=${word.drop}>${icon("x")}</button>
      </span>`,
    )}
    <button type="button" class="button ghost small" onClick=${() => onFilter({ ...EVERYTHING, q: filter.q })}>${t("torrents.clear")}</button>
  </div>`;
}

/** @param {{ list: TorrentList, hasConditions: boolean, onClear: () => void }} props */
function Nothing({ list, hasConditions, onClear }) {
  if (list.error) {
    return html`<div class="empty list-empty">
      ${icon("unplug")}
      <p>${list.error instanceof Error ? list.error.message : t("error.unexpected")}</p>
      <button type="button" class="button" onClick=${() => list.lookSoon(0)}>${t("shell.retry")}</button>
    </div>`;
  }
  if (!list.isKnown) return null;
  if (hasConditions) {
    return html`<div class="empty list-empty">${icon("search")}<p>${t("torrents.no_match")}</p><button type="button" class="button" onClick=${onClear}>${t("torrents.clear")}</button></div>`;
  }
  return html`<div class="empty list-empty">
    ${icon("magnet")}
    <h2>${t("torrents.empty")}</h2>
    <p>${t("torrents.empty_hint")}</p>
    <button type="button" class="button primary" onClick=${() => openAdd()}>${icon("plus")} ${t("torrents.add")}</button>
  </div>`;
}

/** @param {{ route: import("../core/router.js").Route }} props */
export default function Torrents({ route }) {
  const list = useMemo(() => new TorrentList(), []);
  useStore(list.version);
  const columns = useStore(layout);
  const order = useStore(sorting);
  const dense = useStore(isDense);
  const showsFacets = useStore(hasFacets);
  const savedHeight = useStore(panelHeight);
  const [selection, setSelection] = useState(select.NOTHING);
  const isCards = useMedia("(max-width: 640px)");
  const isNarrow = useMedia("(max-width: 900px)");
  const query = route.query.toString();
  const filter = useMemo(() => fromQuery(route.query), [query]);
  const opened = route.path[0] ?? null;
  const tab = route.path[1] ?? "general";
  const main = useRef(/** @type {HTMLDivElement | null} */ (null));

  useEffect(() => {
    list.start();
    void labels.load();
    return () => list.stop();
  }, [list]);
  useEffect(() => {
    list.ask({ filter: toApi(filter), sort: order.sort, order: order.order, fields: fieldsOf(columns) });
  }, [filter, order, columns.map((one) => one.id).join()]);
  useEffect(() => main.current?.style.setProperty("--panel", `${savedHeight}px`), [savedHeight, opened]);

  const path = opened ? ["torrents", opened, tab] : ["torrents"];
  const setFilter = (/** @type {Filter} */ next) => {
    setSelection(select.NOTHING);
    go(path, toQuery(next), { replace: true });
    document.getElementById("torrent-grid")?.scrollTo({ top: 0 });
  };
  const open = (/** @type {string} */ id) => go(["torrents", id, tab], toQuery(filter));
  const close = () => {
    go(["torrents"], toQuery(filter));
    document.getElementById("torrent-grid")?.focus();
  };
  const count = select.count(selection, list.total);

  /** What the selection names; `null` if it is empty. @param {select.Selection} [chosen] @returns {Promise<Target | null>} */
  const target = async (chosen = selection) => {
    const number = select.count(chosen, list.total);
    if (number === 0) return null;
    /** @type {string[] | null} */
    let ids = chosen.all ? null : [...chosen.ids];
    if (chosen.all && chosen.ids.size > 0) ids = (await list.ids(0, list.total - 1)).filter((id) => !chosen.ids.has(id));
    const [only] = number === 1 ? (ids ?? (await list.ids(0, 0))) : [];
    const first = only ? (list.find(only) ?? (await api.get(`/v1/torrents/${only}`).catch(() => null))) : null;
    return { count: number, ids, filter: toApi(filter), first, find: (id) => list.find(id) };
  };
  const act = async (/** @type {(target: Target) => unknown} */ what) => {
    try {
      const those = await target();
      if (those) await what(those);
    } catch (error) {
      report(error);
    }
  };
  const drop = () => act(async (those) => {
    if (await remove(those)) setSelection(select.none(selection));
  });
  const menu = async (/** @type {Element | { x: number, y: number }} */ where, /** @type {string} */ id) => {
    // The menu of a torrent that is not selected is for it alone.
    const chosen = select.isSelected(selection, id) ? selection : select.only(id, list.indexOf(id));
    // On cards the selection is a mode of its own, which a menu does not begin.
    if (!isCards || chosen === selection) setSelection(chosen);
    const those = await target(chosen);
    if (!those) return;
    openMenu(where, menuOf(those, { ...(those.count === 1 && { open: () => open(id) }), removed: () => setSelection(select.none(selection)) }), t("torrents.actions"));
  };
  const saveView = async () => {
    const name = (await ask({ title: t("torrents.view_save"), label: t("common.name"), confirm: t("common.save") }))?.trim();
    if (name) views.set([...views.value.filter((view) => view.name !== name), { name, query: toQuery(filter).toString(), ...order }]);
  };
  const showView = (/** @type {import("./torrents/facets.js").View} */ view) => {
    sorting.set({ sort: view.sort, order: view.order });
    setFilter(fromQuery(new URLSearchParams(view.query)));
  };
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "Delete") void drop();
    else if (event.key === "F2" && count === 1) void act(askRename);
    else return false;
    return true;
  };
  useKeys(t("nav.torrents"), [
    { keys: "/", label: t("torrents.search"), run: () => document.getElementById("torrent-search")?.focus() },
    { keys: "a", label: t("torrents.add"), run: () => openAdd() },
    { keys: "s", label: t("torrents.action.start"), run: () => act((those) => run(those, "start")) },
    { keys: "p", label: t("torrents.action.stop"), run: () => act((those) => run(those, "stop")) },
    { keys: "delete", label: t("torrents.action.remove"), run: drop },
    { keys: "arrowup arrowdown", label: t("keys.move") },
    { keys: "shift+arrowdown", label: t("keys.extend") },
    { keys: "space", label: t("keys.toggle") },
    { keys: "ctrl+a", label: t("keys.all") },
    { keys: "enter", label: t("torrents.action.open") },
    { keys: "f2", label: t("torrents.action.rename") },
    { keys: "shift+f10 contextmenu", label: t("torrents.actions") },
    { keys: "escape", label: t("keys.escape"), run: () => (opened ? close() : setSelection(select.none(selection))) },
  ], [selection, filter, opened, tab, list]);

  const dragPanel = (/** @type {PointerEvent} */ event) => {
    const handle = /** @type {HTMLElement} */ (event.currentTarget);
    handle.setPointerCapture(event.pointerId);
    const begin = event.clientY;
    let next = savedHeight;
    const follow = (/** @type {PointerEvent} */ move) => {
      next = Math.max(160, Math.min(innerHeight - 260, savedHeight + begin - move.clientY));
      main.current?.style.setProperty("--panel", `${next}px`);
    };
    handle.addEventListener("pointermove", follow);
    handle.addEventListener("pointerup", () => {
      handle.removeEventListener("pointermove", follow);
      panelHeight.set(Math.round(next));
    }, { once: true });
  };
  const stepPanel = (/** @type {KeyboardEvent} */ event) => {
    const step = event.key === "ArrowUp" ? 24 : event.key === "ArrowDown" ? -24 : 0;
    if (!step) return;
    event.preventDefault();
    panelHeight.set(Math.max(160, Math.min(innerHeight - 260, savedHeight + step)));
  };
  const listMenu = () => [
    { label: t("torrents.select_all"), icon: "list-checks", keys: `${t("key.ctrl")} A`, disabled: list.total === 0, run: () => setSelection(select.everything(selection)) },
    { kind: /** @type {const} */ ("line") },
    { label: t("torrents.columns.title"), icon: "columns-3", run: chooseColumns },
    { label: t("torrents.dense"), checked: dense, run: () => isDense.set(!dense) },
    { label: t("torrents.view_save"), icon: "bookmark-plus", run: saveView },
    { kind: /** @type {const} */ ("line") },
    {
      label: t("torrents.sort"),
      icon: "arrow-up-down",
      items: COLUMNS.filter((column) => column.sort).map((column) => ({
        label: t(`torrents.column.${column.id}`),
        checked: order.sort === column.sort,
        run: () => sorting.set({ sort: String(column.sort), order: order.sort === column.sort && order.order === "asc" ? "desc" : "asc" }),
      })),
    },
  ];

  const tool = (/** @type {string} */ label, /** @type {string} */ sign, /** @type {() => unknown} */ what, isDanger = false) =>
    html`<button type="button" class=${classes("icon-button", isDanger && "danger-text")} aria-label=${label} title=${label} onClick=${what}>${icon(sign)}</button>`;
  const selected = html`<div class="selection" role="toolbar" aria-label=${t("torrents.actions")}>
    <span class="selected-count" role="status">${t("torrents.selected_count", { count })}</span>
    ${tool(t("torrents.action.start"), "play", () => act((those) => run(those, "start")))}
    ${tool(t("torrents.action.stop"), "pause", () => act((those) => run(those, "stop")))}
    ${tool(t("torrents.action.remove"), "trash-2", drop, true)}
    <button
      type="button"
      class="icon-button"
      aria-haspopup="menu"
      aria-label=${t("torrents.actions")}
      title=${t("torrents.actions")}
      onClick=${(/** @type {MouseEvent} */ event) => {
        const where = /** @type {Element} */ (event.currentTarget);
        void act((those) => openMenu(where, menuOf(those, { removed: () => setSelection(select.none(selection)) }), t("torrents.actions")));
      }}
    >${icon("ellipsis")}</button>
    ${count < list.total && html`<button type="button" class="button ghost small select-all" onClick=${() => setSelection(select.everything(selection))}>${t("torrents.select_all_count", { count: list.total })}</button>`}
    ${tool(t("torrents.select_none"), "x", () => setSelection(select.none(selection)))}
  </div>`;

  return html`<div class=${classes("torrents", showsFacets && !isNarrow && "with-facets", opened && "with-detail")}>
    <h1 class="visually-hidden">${t("nav.torrents")}</h1>
    ${showsFacets && !isNarrow && html`<aside class="facets-frame" aria-label=${t("torrents.filter")}><${Facets} filter=${filter} facets=${list.facets} onFilter=${setFilter} onView=${showView} /></aside>`}
    <div class="torrents-main" ref=${main}>
      <div class="list-part" inert=${Boolean(opened) && isNarrow}>
        ${isCards && count > 0
          ? html`<div class="list-bar selecting">${selected}</div>`
          : html`<div class="list-bar">
              <button
                type="button"
                class="icon-button"
                aria-label=${t("torrents.filter")}
                title=${t("torrents.filter")}
                aria-pressed=${isNarrow ? undefined : String(showsFacets)}
                onClick=${() => (isNarrow ? openFacets(list.version, () => ({ filter: fromQuery(new URLSearchParams(location.hash.split("?")[1] ?? "")), facets: list.facets }), setFilter, showView) : hasFacets.set(!showsFacets))}
              >${icon("list-filter")}</button>
              <${Search} value=${filter.q} onSearch=${(/** @type {string} */ q) => setFilter({ ...filter, q })} />
              ${count > 0 ? selected : html`<span class="total muted" role="status">${list.isKnown && t("torrents.count", { count: list.total })}</span>`}
              <${MenuButton} label=${t("torrents.list_options")} icon="settings-2" items=${listMenu} />
              <button type="button" class="button primary" aria-label=${t("torrents.add")} onClick=${() => openAdd()}>${icon("plus")}<span class="button-text">${t("common.add")}</span></button>
            </div>`}
        <${Conditions} filter=${filter} onFilter=${setFilter} />
        ${list.total === 0 && html`<${Nothing} list=${list} hasConditions=${conditions(filter) > 0} onClear=${() => setFilter(EVERYTHING)} />`}
        <${Grid}
          list=${list}
          isCards=${isCards}
          isDense=${dense}
          selection=${selection}
          opened=${opened}
          onSelect=${setSelection}
          onOpen=${open}
          onMenu=${menu}
          onKey=${onKey}
        />
      </div>
      ${opened &&
      html`<div class="panel-grip" role="separator" aria-orientation="horizontal" aria-label=${t("detail.resize")} aria-valuenow=${savedHeight} aria-valuemin="160" aria-valuemax="1200" tabindex="0" onPointerDown=${dragPanel} onKeyDown=${stepPanel}></div>
      <section class="detail-part" aria-label=${t("detail.title")}>
        <${Detail}
          key=${opened}
          id=${opened}
          tab=${tab}
          isPage=${isNarrow}
          onTab=${(/** @type {string} */ next) => go(["torrents", opened, next], toQuery(filter), { replace: true })}
          onClose=${close}
        />
      </section>`}
    </div>
  </div>`;
}

