// The side bar: what there is, how much of it, and one press to see only that.

import { ask, openDialog } from "../../core/dialog.js";
import { integer, plain } from "../../core/format.js";
import { html, useState } from "../../core/html.js";
import { t } from "../../core/i18n.js";
import { icon } from "../../core/icon.js";
import { MenuButton } from "../../core/menu.js";
import { preference } from "../../core/preferences.js";
import { useStore } from "../../core/store.js";
import { toast, toastUndo } from "../../core/toast.js";
import { sorting } from "./columns.js";
import { EVERYTHING, STATES, conditions, toggled, toQuery } from "./filter.js";
import { SIGNS, kindOf } from "./types.js";

/** @typedef {import("./filter.js").Filter} Filter */
/** @typedef {import("./filter.js").Dimension} Dimension */
/** @typedef {{ name: string, query: string, sort: string, order: "asc" | "desc" }} View */

export const views = preference("torrents.views", /** @type {View[]} */ ([]));

/** Gives a view another name; one that another view has is refused. @param {View} view */
async function rename(view) {
  const name = (await ask({ title: t("torrents.view_rename"), label: t("common.name"), value: view.name, confirm: t("common.save") }))?.trim();
  if (!name || name === view.name) return;
  if (views.value.some((one) => one.name === name)) toast({ text: t("torrents.view_exists", { name: plain(name) }), kind: "error" });
  else views.set(views.value.map((one) => (one.name === view.name ? { ...one, name } : one)));
}

/** Removes a view, which can be taken back. @param {View} view */
function removeView(view) {
  const at = views.value.findIndex((one) => one.name === view.name);
  views.set(views.value.filter((one) => one.name !== view.name));
  toastUndo(t("torrents.view_removed", { name: plain(view.name) }), () => {
    const others = views.value.filter((one) => one.name !== view.name);
    views.set([...others.slice(0, at), view, ...others.slice(at)]);
  });
}

/** Values that a group shows before it is opened. */
const SHOWN = 12;

/** @param {{ label: string, count: number | null, on: boolean, sign: import("../../core/html.js").Child, onPick: () => void, kind?: string }} props */
function Entry({ label, count, on, sign, onPick }) {
  return html`<li>
    <button type="button" class="facet" aria-pressed=${String(on)} onClick=${onPick}>
      ${sign}<bdi class="ellipsis facet-name">${label}</bdi>${count !== null && html`<span class="facet-count">${integer(count)}</span>`}
    </button>
  </li>`;
}

/**
 * @param {{ dimension: Dimension, title: string, sign: string, counts: Record<string, number>, filter: Filter, none: string, onFilter: (filter: Filter) => void }} props
 */
function Group({ dimension, title, sign, counts, filter, none, onFilter }) {
  const [isWhole, setIsWhole] = useState(false);
  const chosen = filter[dimension];
  const names = [...new Set([...Object.keys(counts), ...chosen])].sort((a, b) => {
    if ((a === "") !== (b === "")) return a === "" ? 1 : -1;
    return dimension === "tracker" ? (counts[b] ?? 0) - (counts[a] ?? 0) || a.localeCompare(b) : a.localeCompare(b);
  });
  if (names.length === 0) return null;
  const shown = isWhole ? names : names.filter((name, at) => at < SHOWN || chosen.includes(name));
  return html`<section class="facet-group">
    <h2>${title}</h2>
    <ul>
      ${shown.map((name) => html`<${Entry}
        key=${name}
        label=${name === "" ? none : plain(name)}
        count=${counts[name] ?? 0}
        on=${chosen.includes(name)}
        sign=${icon(name === "" ? "circle-dot" : sign)}
        onPick=${() => onFilter(toggled(filter, dimension, name))}
      />`)}
    </ul>
    ${names.length > shown.length && html`<button type="button" class="button ghost small" onClick=${() => setIsWhole(true)}>${t("torrents.facets.more", { count: names.length - shown.length })}</button>`}
  </section>`;
}

/**
 * @param {{ filter: Filter, facets: Record<string, Record<string, number>>, onFilter: (filter: Filter) => void, onView: (view: View) => void }} props
 */
export function Facets({ filter, facets, onFilter, onView }) {
  const saved = useStore(views);
  const order = useStore(sorting);
  const counts = facets["state"] ?? {};
  const sum = (/** @type {readonly string[]} */ states) => states.reduce((total, state) => total + (counts[state] ?? 0), 0);
  const all = Object.values(counts).reduce((total, one) => total + one, 0);
  const query = toQuery(filter).toString();
  return html`<div class="facets">
    ${saved.length > 0 &&
    html`<section class="facet-group">
      <h2>${t("torrents.views")}</h2>
      <ul>
        ${saved.map(
          (view) => html`<li key=${view.name} class="facet-view">
            <button type="button" class="facet" aria-pressed=${String(view.query === query && view.sort === order.sort && view.order === order.order)} onClick=${() => onView(view)}>
              ${icon("bookmark")}<bdi class="ellipsis facet-name">${plain(view.name)}</bdi>
            </button>
            <${MenuButton}
              label=${t("torrents.view_actions", { name: plain(view.name) })}
              class="icon-button small"
              items=${() => [
                { label: t("torrents.view_rename"), icon: "pencil", run: () => rename(view) },
                { label: t("torrents.view_update"), icon: "save", disabled: view.query === query && view.sort === order.sort && view.order === order.order, run: () => views.set(saved.map((one) => (one.name === view.name ? { name: view.name, query, ...order } : one))) },
                { label: t("torrents.view_remove"), icon: "trash-2", danger: true, run: () => removeView(view) },
              ]}
            />
          </li>`,
        )}
      </ul>
    </section>`}
    <section class="facet-group">
      <h2>${t("torrents.facets.state")}</h2>
      <ul>
        <${Entry} label=${t("torrents.all")} count=${all} on=${conditions(filter) === 0} sign=${icon("layers")} onPick=${() => onFilter(EVERYTHING)} />
        <${Entry} label=${t("torrents.active")} count=${null} on=${filter.active} sign=${icon("activity", "kind-down")} onPick=${() => onFilter({ ...filter, active: !filter.active })} />
        ${Object.entries(STATES).map(([name, states]) => {
          const count = sum(states);
          const kind = kindOf(states[0]);
          const isRare = name === "moving" || name === "checking" || name === "problem" || name === "queued";
          if (count === 0 && isRare && !filter.state.includes(name)) return null;
          return html`<${Entry} key=${name} label=${t(`torrents.group.${name}`)} count=${count} on=${filter.state.includes(name)} sign=${icon(SIGNS[kind], `kind-${kind}`)} onPick=${() => onFilter(toggled(filter, "state", name))} />`;
        })}
      </ul>
    </section>
    <${Group} dimension="category" title=${t("torrents.facets.category")} sign="folder" none=${t("torrents.no_category")} counts=${facets["category"] ?? {}} filter=${filter} onFilter=${onFilter} />
    <${Group} dimension="tag" title=${t("torrents.facets.tag")} sign="tag" none=${t("torrents.no_tag")} counts=${facets["tag"] ?? {}} filter=${filter} onFilter=${onFilter} />
    <${Group} dimension="tracker" title=${t("torrents.facets.tracker")} sign="radio-tower" none=${t("torrents.no_tracker")} counts=${facets["tracker"] ?? {}} filter=${filter} onFilter=${onFilter} />
  </div>`;
}

/**
 * The side bar where there is no side.
 * @param {import("../../core/store.js").Store<number>} version grows when what is read changes
 * @param {() => { filter: Filter, facets: Record<string, Record<string, number>> }} read
 * @param {(filter: Filter) => void} onFilter
 * @param {(view: View) => void} onView
 */
export function openFacets(version, read, onFilter, onView) {
  return openDialog({ title: t("torrents.filter"), drawer: true }, (close) => html`<${Drawer}
    version=${version}
    read=${read}
    onFilter=${onFilter}
    onView=${(/** @type {View} */ view) => {
      onView(view);
      close();
    }}
    close=${close}
  />`);
}

/** @param {{ version: import("../../core/store.js").Store<number>, read: () => { filter: Filter, facets: Record<string, Record<string, number>> }, onFilter: (filter: Filter) => void, onView: (view: View) => void, close: () => void }} props */
function Drawer({ version, read, onFilter, onView, close }) {
  useStore(version);
  const [filter, setFilter] = useState(read().filter);
  return html`<${Facets}
      filter=${filter}
      facets=${read().facets}
      onView=${onView}
      onFilter=${(/** @type {Filter} */ next) => {
        setFilter(next);
        onFilter(next);
      }}
    />
    <div class="dialog-actions"><button type="button" class="button primary" onClick=${close}>${t("torrents.show")}</button></div>`;
}
