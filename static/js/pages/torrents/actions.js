// What is done with torrents. What can be taken back offers to be; what cannot is asked about first.

import { api, Problem, report } from "../../core/api.js";
import { confirm } from "../../core/dialog.js";
import { tell } from "../../core/events.js";
import { plain } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { toast, toastUndo } from "../../core/toast.js";

/** @typedef {import("./types.js").Row} Row */
/**
 * Torrents that something is to be done with: by id, or by a filter.
 * @typedef {{ count: number, ids: string[] | null, filter: Record<string, any>, first: Row | null, patch?: (ids: string[], change: (row: Row) => Partial<Row>) => void, find?: (id: string) => Row | undefined }} Target
 */

/** Ids of one request. */
const MOST_IDS = 1000;
/** Torrents up to which an action remembers what was before. */
const MOST_UNDO = 500;
/** Torrents of which the server lists the files before they go. */
export const MOST_LISTED = 200;

/** The filters that name all torrents of a target. @param {Target} target @returns {Record<string, any>[]} */
export function filtersOf(target) {
  if (!target.ids) return [Object.keys(target.filter).length ? target.filter : { name: "*" }];
  const filters = [];
  for (let at = 0; at < target.ids.length; at += MOST_IDS) filters.push({ id: target.ids.slice(at, at + MOST_IDS) });
  return filters;
}

/** @param {Target} target @param {Record<string, unknown>} action */
export async function send(target, action) {
  for (const filter of filtersOf(target)) await api.post("/v1/torrents/action", { filter, action });
  tell("acted", {});
}

/** The torrents in words: the name of one, the number of many. @param {Target} target */
export function naming(target) {
  return target.count === 1 && target.first ? `“${plain(target.first.name).slice(0, 120)}”` : t("torrents.count", { count: target.count });
}

/**
 * What the torrents of a target are now; `null` if there are too many to remember.
 * @param {Target} target
 * @returns {Promise<Row[] | null>}
 */
async function before(target) {
  if (!target.ids || target.ids.length > MOST_UNDO) return null;
  /** @type {Row[]} */
  const rows = [];
  const missing = [];
  for (const id of target.ids) {
    const row = target.find?.(id);
    if (row?.run !== undefined && row.tags !== undefined) rows.push(row);
    else missing.push(id);
  }
  for (let at = 0; at < missing.length; at += 100) {
    const page = await api.get("/v1/torrents", { id: missing.slice(at, at + 100), limit: 100, fields: "id,name,state,run,category,tags" });
    rows.push(...page.torrents);
  }
  return rows;
}

/** @param {string[]} ids @param {Record<string, unknown>} action */
async function back(ids, action) {
  if (ids.length) await send({ count: ids.length, ids, filter: {}, first: null }, action);
}

/** @param {() => Promise<void>} run */
async function undo(run) {
  try {
    await run();
    toast({ text: t("common.undone"), kind: "success" });
  } catch (error) {
    report(error);
  }
}

/**
 * Does something that can be taken back. Many torrents are asked about instead, because nothing remembers them.
 * @param {Target} target
 * @param {string} key of the texts: `torrents.done.<key>`, `torrents.ask.<key>`
 * @param {Record<string, unknown>} action
 * @param {(rows: Row[]) => Promise<void>} revert
 * @param {Record<string, string>} [values]
 */
async function reversibly(target, key, action, revert, values = {}) {
  const words = { ...values, torrents: naming(target), count: target.count };
  try {
    const rows = await before(target);
    if (!rows) {
      const text = t(`torrents.ask.${key}`, words);
      if (!(await confirm({ title: t("torrents.ask.many", { count: target.count }), text, confirm: t("common.apply") }))) return;
    }
    await send(target, action);
    const text = t(`torrents.done.${key}`, words);
    if (rows) toastUndo(text, () => undo(() => revert(rows)));
    else toast({ text, kind: "success" });
  } catch (error) {
    report(error);
  }
}

/** @param {Row[]} rows */
async function restoreRuns(rows) {
  const of = (/** @type {string} */ run) => rows.filter((row) => row.run === run).map((row) => row.id);
  await back(of("stopped"), { action: "stop" });
  await back(of("auto"), { action: "start" });
  await back(of("forced"), { action: "force_start" });
}

/** @param {Target} target @param {"start" | "stop" | "force_start"} action */
export function run(target, action) {
  return reversibly(target, action, { action }, restoreRuns);
}

/** @param {Target} target @param {string | null} category */
export function setCategory(target, category) {
  const key = category === null ? "no_category" : "category";
  return reversibly(target, key, { action: "set_category", category }, async (rows) => {
    /** @type {Map<string | null, string[]>} */
    const groups = new Map();
    for (const row of rows) groups.set(row.category ?? null, [...(groups.get(row.category ?? null) ?? []), row.id]);
    for (const [name, ids] of groups) await back(ids, { action: "set_category", category: name });
  }, { category: plain(category ?? "") });
}

/** @param {Target} target @param {string[]} tags @param {boolean} on */
export function setTags(target, tags, on) {
  const [action, opposite] = on ? ["add_tags", "remove_tags"] : ["remove_tags", "add_tags"];
  return reversibly(target, on ? "tag" : "no_tag", { action, tags }, async (rows) => {
    for (const tag of tags) {
      const changed = rows.filter((row) => (row.tags ?? []).includes(tag) !== on).map((row) => row.id);
      await back(changed, { action: opposite, tags: [tag] });
    }
  }, { tag: plain(tags.join(", ")) });
}

/**
 * Does something that needs no way back.
 * @param {Target} target
 * @param {Record<string, unknown> & { action: string }} action
 */
export async function simple(target, action) {
  try {
    await send(target, action);
    const key = action["on"] === false ? `${action.action}_off` : action.action;
    toast({ text: t(`torrents.done.${key}`, { torrents: naming(target), count: target.count }), kind: "success" });
  } catch (error) {
    report(error);
  }
}

/** @param {Target} target */
export async function recheck(target) {
  const text = t("torrents.ask.recheck", { torrents: naming(target), count: target.count });
  if (await confirm({ title: t("torrents.action.recheck"), text, confirm: t("torrents.action.recheck") })) await simple(target, { action: "recheck" });
}

/** @param {string} id @param {string} name */
export async function rename(id, name) {
  try {
    await api.post(`/v1/torrents/${id}/action`, { action: "rename", name });
    tell("acted", {});
  } catch (error) {
    report(error);
  }
}

/** @param {Target} target @param {string} path @returns {Promise<string | null>} why it was refused */
export async function move(target, path) {
  try {
    await send(target, { action: "move", path });
    toast({ text: t("torrents.done.move", { torrents: naming(target), count: target.count, path: plain(path) }), kind: "success" });
    return null;
  } catch (error) {
    if (error instanceof Problem && error.status === 422) return error.faults[0]?.reason ?? error.message;
    report(error);
    return null;
  }
}

/** Copies a text, and says so. @param {string} text */
export async function copy(text) {
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
    } else {
      // Without TLS browsers have no clipboard interface; a field that is selected for a moment still works.
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    toast({ text: t("common.copied"), kind: "success" });
  } catch (error) {
    report(error);
  }
}

/** The magnet of a torrent. @param {{ name: string, info_hash_v1: string | null, info_hash_v2: string | null }} torrent */
export function magnet(torrent) {
  const topics = [torrent.info_hash_v1 && `xt=urn:btih:${torrent.info_hash_v1}`, torrent.info_hash_v2 && `xt=urn:btmh:1220${torrent.info_hash_v2}`];
  return `magnet:?${topics.filter(Boolean).join("&")}&dn=${encodeURIComponent(torrent.name)}`;
}

