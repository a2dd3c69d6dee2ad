// The files of a torrent as a tree: ticking, priorities, renaming, progress.

import { api } from "../../core/api.js";
import { ask } from "../../core/dialog.js";
import { Progress } from "../../core/field.js";
import { bytes, percent, plain } from "../../core/format.js";
import { html, useMemo, useState } from "../../core/html.js";
import { t } from "../../core/i18n.js";
import { icon } from "../../core/icon.js";
import { Tree } from "../../core/tree.js";
import { toast } from "../../core/toast.js";
import { copy } from "../torrents/actions.js";
import { build } from "./filetree.js";
import { attempt, useResource, Waiting } from "./resource.js";

/** @typedef {import("./filetree.js").File} File */
/** @typedef {import("./filetree.js").FileNode} FileNode */
/** @typedef {import("../torrents/types.js").Torrent} Torrent */

export const PRIORITIES = /** @type {const} */ (["skip", "normal", "high", "maximum"]);

/** @param {{ torrent: Torrent, height: number }} props */
export function Files({ torrent, height }) {
  const path = `/v1/torrents/${torrent.id}/files`;
  const { data, error, set, reload } = useResource(path, { every: torrent.download_rate > 0 ? 5 : 0, inputs: [torrent.has_metadata] });
  const [filter, setFilter] = useState("");
  const files = /** @type {File[]} */ (data?.files ?? []);
  const words = filter.trim().toLowerCase();
  const nodes = useMemo(() => build(words ? files.filter((file) => file.path.toLowerCase().includes(words)) : files), [data, words]);
  const wanted = files.filter((file) => file.priority !== "skip");

  /** Shown at once: of many files the server's answer takes a while. @param {File[]} which @param {string} priority */
  const give = async (which, priority) => {
    const indexes = new Set(which.map((file) => file.index));
    set({ ...data, files: files.map((file) => (indexes.has(file.index) ? { ...file, priority } : file)) });
    const change = { files: which.map((file) => ({ index: file.index, priority })) };
    if (!(await attempt(async () => set(await api.patch(path, change))))) await reload();
  };
  const prioritise = (/** @type {FileNode} */ node, /** @type {string} */ priority) => give(node.files, priority);
  const rename = async (/** @type {FileNode} */ node) => {
    const name = (await ask({ title: t("files.rename"), label: t("common.name"), value: node.name, hint: t("files.rename_hint"), confirm: t("files.rename") }))?.trim();
    if (!name || name === node.name) return;
    const to = [...node.path.split("/").slice(0, -1), name].join("/");
    const action = node.children ? "rename_folder" : "rename_file";
    if (await attempt(() => api.post(`/v1/torrents/${torrent.id}/action`, { action, from: node.path, to }))) await reload();
  };
  const skipFluff = () =>
    attempt(async () => {
      const chosen = await api.post(`/v1/torrents/${torrent.id}/select`, { presets: ["skip_fluff"] });
      set({ files: chosen.files });
      toast({ text: t("files.wanted", { count: chosen.wanted, total: chosen.files.length, size: bytes(chosen.wanted_size) }), kind: "success" });
    });

  if (!torrent.has_metadata) return html`<div class="empty">${icon("hourglass")}<p>${t("files.no_metadata")}</p></div>`;
  return html`<div class="tab-content">
    <div class="toolbar">
      <input type="search" class="file-filter" aria-label=${t("files.filter")} placeholder=${t("files.filter")} value=${filter} onInput=${(/** @type {Event} */ event) => setFilter(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
      <button type="button" class="button small" onClick=${() => give(files, "normal")}>${t("files.all")}</button>
      <button type="button" class="button small" onClick=${skipFluff}>${t("files.skip_fluff")}</button>
      <span class="muted" role="status">${data && t("files.wanted", { count: wanted.length, total: files.length, size: bytes(wanted.reduce((sum, file) => sum + file.size, 0)) })}</span>
    </div>
    ${!data && html`<${Waiting} error=${error} reload=${reload} />`}
    ${data && files.length > 0 &&
    html`<${Tree}
      key=${words ? "filtered" : "all"}
      label=${t("detail.tab.files")}
      nodes=${nodes}
      height=${height}
      initiallyOpen=${words ? nodes.map((node) => node.id) : nodes.length === 1 ? [nodes[0]?.id ?? ""] : []}
      onCheck=${(/** @type {FileNode} */ node, /** @type {boolean} */ on) => prioritise(node, on ? "normal" : "skip")}
      extra=${(/** @type {FileNode} */ node) => html`
        <span class="tree-size">${bytes(node.size)}</span>
        <span class="tree-progress"><${Progress} share=${node.progress} label=${t("torrents.column.progress")} kind=${node.progress >= 1 ? "ok" : ""} /></span>
        <span class="tree-percent">${percent(node.progress)}</span>
        <span class=${`tree-priority priority-${node.priority}`}>${t(`files.priority.${node.priority}`)}</span>
      `}
      menu=${(/** @type {FileNode} */ node) => [
        ...PRIORITIES.map((priority) => ({ label: t(`files.priority.${priority}`), checked: node.priority === priority, run: () => prioritise(node, priority) })),
        { kind: /** @type {const} */ ("line") },
        { label: t("files.rename"), icon: "pencil", run: () => rename(node) },
        { label: t("files.copy_path"), icon: "copy", run: () => copy(plain(node.path)) },
      ]}
    />`}
  </div>`;
}
