// The columns that the list can have. Which, in which order and how wide is a matter of the person.

import { bytes, dateTime, duration, percent, rate, ratio, plain, relative } from "../../core/format.js";
import { Progress } from "../../core/field.js";
import { html } from "../../core/html.js";
import { t } from "../../core/i18n.js";
import { icon } from "../../core/icon.js";
import { preference } from "../../core/preferences.js";
import { kindOf, SIGNS } from "./types.js";

/** @typedef {import("./types.js").Row} Row */
/**
 * @typedef {object} Column
 * @property {string} id
 * @property {number} width of the start, pixels
 * @property {string} [sort] the order that `/v1` knows
 * @property {boolean} [number]
 * @property {string[]} [fields] members of the torrent; the id where there are none
 * @property {(row: any) => import("../../core/html.js").Child} cell
 */

const BARS = /** @type {Record<string, string>} */ ({ down: "", seed: "ok", done: "ok", idle: "idle", wait: "idle", check: "warn", error: "error" });

/** The state with its sign. @param {{ state: string }} row */
export function stateMark(row) {
  const kind = kindOf(row.state);
  return html`<span class=${`state state-${kind}`}>${icon(SIGNS[kind])}<span class="ellipsis">${t(`state.${row.state}`)}</span></span>`;
}

/** @param {{ state: string, progress?: number }} row */
export function progressBar(row) {
  const share = row.progress ?? 0;
  return html`<span class="progress-cell">
    <${Progress} share=${share} label=${t("torrents.column.progress")} kind=${BARS[kindOf(row.state)] ?? ""} />
    <span>${percent(share)}</span>
  </span>`;
}

/** A number with the swarm's beside it. @param {number | undefined} here @param {number | undefined} swarm */
function swarm(here, swarm) {
  return html`${here ?? 0}${(swarm ?? 0) > 0 && html` <span class="muted">(${swarm})</span>`}`;
}

/** @type {Column[]} */
export const COLUMNS = [
  { id: "name", width: 212, sort: "name", cell: (row) => html`<bdi title=${plain(row.name).slice(0, 600)}>${plain(row.name).slice(0, 600)}</bdi>` },
  { id: "state", width: 184, sort: "state", fields: ["state", "error"], cell: stateMark },
  { id: "progress", width: 124, sort: "progress", fields: ["progress"], cell: progressBar },
  { id: "size", width: 94, sort: "size", number: true, cell: (row) => bytes(row.size) },
  { id: "download_rate", width: 96, sort: "download_rate", number: true, cell: (row) => html`<span class="rate-down">${rate(row.download_rate)}</span>` },
  { id: "upload_rate", width: 96, sort: "upload_rate", number: true, cell: (row) => html`<span class="rate-up">${rate(row.upload_rate)}</span>` },
  { id: "eta", width: 92, sort: "eta", number: true, fields: ["eta", "size"], cell: (row) => (row.eta === null || row.eta === undefined ? "" : duration(row.eta)) },
  { id: "ratio", width: 70, sort: "ratio", number: true, cell: (row) => ratio(row.ratio) },
  { id: "seeds", width: 84, sort: "seeds", number: true, fields: ["seeds", "swarm_seeds"], cell: (row) => swarm(row.seeds, row.swarm_seeds) },
  { id: "leechers", width: 84, sort: "leechers", number: true, fields: ["leechers", "swarm_leechers"], cell: (row) => swarm(row.leechers, row.swarm_leechers) },
  { id: "category", width: 120, sort: "category", cell: (row) => row.category && html`<bdi>${plain(row.category)}</bdi>` },
  { id: "tags", width: 160, cell: (row) => html`<span class="chips">${(row.tags ?? []).map((/** @type {string} */ tag) => html`<bdi class="chip">${plain(tag)}</bdi>`)}</span>` },
  { id: "tracker_host", width: 150, sort: "tracker", cell: (row) => row.tracker_host && html`<bdi>${plain(row.tracker_host)}</bdi>` },
  { id: "added_at", width: 150, sort: "added_at", cell: (row) => html`<span title=${dateTime(row.added_at)}>${relative(row.added_at)}</span>` },
  { id: "completed_at", width: 150, sort: "completed_at", cell: (row) => html`<span title=${dateTime(row.completed_at)}>${relative(row.completed_at)}</span>` },
  { id: "last_activity_at", width: 150, sort: "last_activity_at", cell: (row) => html`<span title=${dateTime(row.last_activity_at)}>${relative(row.last_activity_at)}</span>` },
  { id: "queue_position", width: 70, sort: "queue_position", number: true, cell: (row) => row.queue_position ?? "" },
  { id: "downloaded", width: 100, sort: "downloaded", number: true, cell: (row) => bytes(row.downloaded) },
  { id: "uploaded", width: 100, sort: "uploaded", number: true, cell: (row) => bytes(row.uploaded) },
  { id: "remaining", width: 100, number: true, fields: ["remaining", "size"], cell: (row) => (row.remaining ? bytes(row.remaining) : "") },
  { id: "total_size", width: 100, number: true, cell: (row) => bytes(row.total_size) },
  { id: "availability", width: 92, number: true, cell: (row) => (row.availability === null || row.availability === undefined ? "" : ratio(row.availability)) },
  { id: "seeding_time", width: 110, sort: "seeding_time", number: true, cell: (row) => (row.seeding_time ? duration(row.seeding_time) : "") },
  { id: "active_time", width: 110, number: true, cell: (row) => (row.active_time ? duration(row.active_time) : "") },
  { id: "download_limit", width: 110, number: true, cell: (row) => rate(row.download_limit) },
  { id: "upload_limit", width: 110, number: true, cell: (row) => rate(row.upload_limit) },
  { id: "save_path", width: 220, cell: (row) => html`<bdi title=${plain(row.save_path ?? "")}>${plain(row.save_path ?? "")}</bdi>` },
  { id: "is_private", width: 80, cell: (row) => (row.is_private ? icon("lock") : "") },
];

/** @type {Map<string, Column>} */
export const BY_ID = new Map(COLUMNS.map((column) => [column.id, column]));

const SHOWN = ["name", "state", "progress", "size", "download_rate", "upload_rate", "eta", "ratio", "seeds", "leechers", "category", "tags", "added_at"];

/** Columns in their order with their width. @typedef {{ id: string, width: number }[]} Layout */

/** @type {Layout} */
export const DEFAULT_LAYOUT = SHOWN.map((id) => ({ id, width: BY_ID.get(id)?.width ?? 100 }));

export const layout = preference("torrents.columns", DEFAULT_LAYOUT);
export const sorting = preference("torrents.sort", { sort: "added_at", order: /** @type {"asc" | "desc"} */ ("desc") });

/** Members that rows always have: those of cards, menus and of what undoes an action. */
const ALWAYS = ["id", "name", "state", "error", "run", "progress", "size", "completed", "download_rate", "upload_rate", "eta", "ratio", "category", "tags",
  "seeds", "leechers", "has_metadata", "sequential", "first_last_first", "super_seeding", "auto_managed"];

/** The members to ask for. @param {Layout} columns */
export function fieldsOf(columns) {
  const wanted = new Set(ALWAYS);
  for (const { id } of columns) for (const field of BY_ID.get(id)?.fields ?? [id]) wanted.add(field);
  return [...wanted];
}

/** The columns of a layout that exist. @param {Layout} columns */
export function known(columns) {
  return columns.flatMap(({ id, width }) => {
    const column = BY_ID.get(id);
    return column ? [{ column, width: Math.max(48, width) }] : [];
  });
}
