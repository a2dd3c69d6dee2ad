// What is about to be added: files and links, each with what is known of it.

import { api, isAborted, Problem } from "../../core/api.js";
import { Store } from "../../core/store.js";

/** @typedef {{ index: number, path: string, size: number }} PreviewFile */
/**
 * @typedef {object} Preview
 * @property {"ready" | "pending"} status
 * @property {string | null} id
 * @property {boolean} exists
 * @property {string | null} name
 * @property {string | null} comment
 * @property {number | null} total_size
 * @property {boolean | null} is_private
 * @property {PreviewFile[]} files
 * @property {number} file_count
 */
/**
 * @typedef {object} Source
 * @property {number} id
 * @property {globalThis.File | null} file
 * @property {string} link
 * @property {Preview | null} preview
 * @property {string | null} error
 * @property {Map<number, string>} priorities of files by index, where they are not normal
 */

export const sources = new Store(/** @type {Source[]} */ ([]));

/** Seconds that metadata of a link is waited for. */
const PATIENCE = 180;
/** Previews that are fetched by themselves; of more sources each is looked at when it is opened. */
export const MOST_PREVIEWS = 20;

let last = 0;
/** @type {Map<number, AbortController>} */
const fetches = new Map();

/** @param {number} id @param {Partial<Source>} change */
export function change(id, change) {
  sources.set(sources.value.map((one) => (one.id === id ? { ...one, ...change } : one)));
}

/** @param {number} id */
export function drop(id) {
  fetches.get(id)?.abort();
  fetches.delete(id);
  sources.set(sources.value.filter((one) => one.id !== id));
}

export function clear() {
  for (const control of fetches.values()) control.abort();
  fetches.clear();
  sources.set([]);
}

/** True for something that `/v1` takes as a source. @param {string} text */
export function isLink(text) {
  return /^magnet:\?/iu.test(text) || /^https?:\/\/\S+$/iu.test(text) || /^[0-9a-f]{40}$/iu.test(text) || /^[a-z2-7]{32}$/iu.test(text) || /^[0-9a-f]{64}$/iu.test(text);
}

/** The links of a text, one per line or blank. @param {string} text */
export function linksOf(text) {
  return [...new Set(text.split(/\s+/u).filter(isLink))];
}

/** What a text has beside links, one per line. @param {string} text */
export function restOf(text) {
  return text.split(/\s+/u).filter((word) => word && !isLink(word)).join("\n");
}

/** True for a file that may be a torrent. @param {globalThis.File} file */
export function isTorrent(file) {
  return /\.torrent$/iu.test(file.name) || file.type === "application/x-bittorrent";
}

/** Puts in what is not there yet. @param {{ files?: globalThis.File[], links?: string[] }} more */
export function put({ files = [], links = [] }) {
  const known = sources.value;
  const isNew = (/** @type {globalThis.File} */ file) => !known.some((one) => one.file?.name === file.name && one.file.size === file.size && one.file.lastModified === file.lastModified);
  const made = [
    ...files.filter(isNew).map((file) => ({ file, link: "" })),
    ...links.filter((link) => !known.some((one) => one.link === link)).map((link) => ({ file: null, link })),
  ].map((one) => ({ ...one, id: (last += 1), preview: null, error: null, priorities: new Map() }));
  sources.set([...known, ...made]);
  made.slice(0, Math.max(0, MOST_PREVIEWS - known.length)).forEach((one) => void look(one.id));
}

/** Fetches what is in a source. @param {number} id */
export async function look(id) {
  const source = sources.value.find((one) => one.id === id);
  if (!source || fetches.has(id) || source.preview?.status === "ready") return;
  const control = new AbortController();
  fetches.set(id, control);
  const end = Date.now() + PATIENCE * 1000;
  try {
    while (Date.now() < end && !control.signal.aborted) {
      /** @type {unknown} */
      let body = { source: source.link };
      if (source.file) {
        const form = new FormData();
        form.append("torrent", source.file, source.file.name);
        body = form;
      }
      const preview = /** @type {Preview} */ (await api.post("/v1/torrents/preview", body, { signal: control.signal }));
      change(id, { preview, error: null });
      if (preview.status === "ready") return;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  } catch (error) {
    if (!isAborted(error)) change(id, { error: error instanceof Problem ? error.message : String(error) });
  } finally {
    fetches.delete(id);
  }
}

/** What a source is called before and after its content is known. @param {Source} source */
export function nameOf(source) {
  if (source.preview?.name) return source.preview.name;
  if (source.file) return source.file.name;
  if (source.link.startsWith("magnet:")) return new URLSearchParams(source.link.slice(8)).get("dn") ?? source.link;
  return source.link;
}

/**
 * Adds sources with the same wishes. Those whose files were chosen go one by one, because the choice is theirs.
 * @param {Source[]} list
 * @param {Record<string, unknown>} wishes
 * @returns {Promise<{ source: Source, status: string, reason: string | null }[]>}
 */
export async function submit(list, wishes) {
  const chosen = list.filter((one) => one.priorities.size > 0 && one.preview?.status === "ready");
  const others = list.filter((one) => !chosen.includes(one));
  const results = [];
  for (const one of chosen) {
    const count = one.preview?.file_count ?? 0;
    const priorities = Array.from({ length: count }, (_, index) => one.priorities.get(index) ?? "normal");
    results.push(...(await send([one], { ...wishes, priorities })));
  }
  if (others.length) results.push(...(await send(others, wishes)));
  return results;
}

/** @param {Source[]} list @param {Record<string, unknown>} wishes */
async function send(list, wishes) {
  const links = list.filter((one) => !one.file);
  const files = list.filter((one) => one.file);
  const ordered = [...links, ...files];
  const options = { ...wishes, sources: links.map((one) => one.link) };
  /** @type {unknown} */
  let body = options;
  if (files.length) {
    const form = new FormData();
    form.append("options", JSON.stringify(options));
    for (const { file } of files) if (file) form.append("torrent", file, file.name);
    body = form;
  }
  try {
    const answer = await api.post("/v1/torrents", body);
    return ordered.map((source, at) => ({ source, status: String(answer.results[at]?.status ?? "added"), reason: answer.results[at]?.reason ?? null }));
  } catch (error) {
    // What is wrong with the wishes belongs to their fields; what is wrong with sources belongs to these.
    if (!(error instanceof Problem) || error.isOffline) throw error;
    const ofSources = error.faults.every((fault) => fault.pointer?.startsWith("/sources/")) && error.faults.length > 0;
    if (!ofSources) throw error;
    return ordered.map((source, at) => ({ source, status: error.status === 409 ? "duplicate" : "failed", reason: error.at(`/sources/${at}`) ?? error.message }));
  }
}
