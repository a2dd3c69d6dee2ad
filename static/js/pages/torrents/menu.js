// What can be done with the selected torrents, as a menu.

import { api, report, url } from "../../core/api.js";
import { ask } from "../../core/dialog.js";
import { plain } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { copy, magnet, recheck, run, setCategory, setTags, simple } from "./actions.js";
import { askMove, askRename } from "./dialogs.js";
import { labels } from "./labels.js";
import { askLimits } from "./limits.js";
import { remove } from "./remove.js";
import { isStopped } from "./types.js";

/** @typedef {import("./actions.js").Target} Target */
/** @typedef {import("../../core/menu.js").Item} Item */

/** Saves the torrent file. @param {Target} target */
function saveFile(target) {
  if (!target.first) return;
  const anchor = document.createElement("a");
  anchor.href = url(`/v1/torrents/${target.first.id}/export`);
  anchor.download = "";
  anchor.click();
}

/** @param {Target} target @param {(torrent: any) => string} text */
async function copyOf(target, text) {
  if (!target.first) return;
  try {
    await copy(text(await api.get(`/v1/torrents/${target.first.id}`)));
  } catch (error) {
    report(error);
  }
}

/** @param {Target} target @returns {Item[]} */
function categories(target) {
  const now = target.count === 1 ? (target.first?.category ?? null) : undefined;
  return [
    { label: t("torrents.no_category"), checked: now === null, run: () => setCategory(target, null) },
    { kind: "line" },
    ...labels.value.categories.map((name) => ({ label: plain(name), checked: now === name, run: () => setCategory(target, name) })),
    { label: t("torrents.new_category"), icon: "plus", run: () => newCategory(target) },
  ];
}

/** @param {Target} target */
async function newCategory(target) {
  const name = (await ask({ title: t("torrents.new_category"), label: t("common.name") }))?.trim();
  if (!name) return;
  try {
    await api.post("/v1/categories", { name });
    await labels.load();
    await setCategory(target, name);
  } catch (error) {
    report(error);
  }
}

/** @param {Target} target */
async function newTag(target) {
  const text = await ask({ title: t("torrents.new_tag"), label: t("torrents.action.tags"), hint: t("options.tags_hint") });
  const names = [...new Set((text ?? "").split(",").map((name) => name.trim()).filter(Boolean))];
  if (names.length === 0) return;
  await setTags(target, names, true);
  await labels.load();
}

/** @param {Target} target @returns {Item[]} */
function tags(target) {
  const has = (/** @type {string} */ tag) => target.count === 1 && (target.first?.tags ?? []).includes(tag);
  const items = labels.value.tags.map((tag) =>
    target.count === 1
      ? { label: plain(tag), checked: has(tag), run: () => setTags(target, [tag], !has(tag)) }
      : {
          label: plain(tag),
          icon: "tag",
          items: [
            { label: t("torrents.tag_add"), icon: "plus", run: () => setTags(target, [tag], true) },
            { label: t("torrents.tag_remove"), icon: "x", run: () => setTags(target, [tag], false) },
          ],
        },
  );
  return [...items, { label: t("torrents.new_tag"), icon: "plus", run: () => newTag(target) }];
}

/**
 * The menu of a target.
 * @param {Target} target
 * @param {{ open?: () => void, removed?: () => void }} [more]
 * @returns {Item[]}
 */
export function menuOf(target, { open, removed } = {}) {
  const one = target.count === 1 ? target.first : null;
  const option = (/** @type {"sequential" | "first_last_first" | "super_seeding" | "auto_managed"} */ member, /** @type {string} */ action) => ({
    label: t(`torrents.action.${action}`),
    checked: one ? Boolean(one[member]) : false,
    run: () => simple(target, { action, on: !(one && one[member]) }),
  });
  /** @type {Item[]} */
  const many = ["sequential", "first_last_first", "super_seeding", "auto_management"].map((action) => ({
    label: t(`torrents.action.${action}`),
    items: [
      { label: t("common.on"), run: () => simple(target, { action, on: true }) },
      { label: t("common.off"), run: () => simple(target, { action, on: false }) },
    ],
  }));
  /** @type {Item[]} */
  const options = one
    ? [option("sequential", "sequential"), option("first_last_first", "first_last_first"), option("super_seeding", "super_seeding"), option("auto_managed", "auto_management")]
    : many;
  /** @type {Item[]} */
  const opening = open ? [{ label: t("torrents.action.open"), icon: "info", keys: "↵", run: open }, { kind: "line" }] : [];
  return [
    ...opening,
    { label: t("torrents.action.start"), icon: "play", keys: "S", disabled: Boolean(one && !isStopped(one) && one.run !== "forced"), run: () => run(target, "start") },
    { label: t("torrents.action.stop"), icon: "pause", keys: "P", disabled: Boolean(one && isStopped(one)), run: () => run(target, "stop") },
    { label: t("torrents.action.force_start"), icon: "zap", run: () => run(target, "force_start") },
    { kind: "line" },
    { label: t("torrents.action.category"), icon: "folder", items: categories(target) },
    { label: t("torrents.action.tags"), icon: "tags", items: tags(target) },
    { label: t("torrents.action.move"), icon: "folder-input", run: () => askMove(target) },
    ...(one ? [{ label: t("torrents.action.rename"), icon: "pencil", keys: "F2", run: () => askRename(target) }] : []),
    {
      label: t("torrents.action.queue"),
      icon: "list",
      items: [
        { label: t("torrents.action.queue_top"), icon: "arrow-up-to-line", run: () => simple(target, { action: "queue_top" }) },
        { label: t("torrents.action.queue_up"), icon: "arrow-up", run: () => simple(target, { action: "queue_up" }) },
        { label: t("torrents.action.queue_down"), icon: "arrow-down", run: () => simple(target, { action: "queue_down" }) },
        { label: t("torrents.action.queue_bottom"), icon: "arrow-down-to-line", run: () => simple(target, { action: "queue_bottom" }) },
      ],
    },
    { label: t("torrents.action.limits"), icon: "gauge", run: () => askLimits(target) },
    { label: t("torrents.action.options"), icon: "sliders-horizontal", items: options },
    { kind: "line" },
    { label: t("torrents.action.recheck"), icon: "file-search", run: () => recheck(target) },
    { label: t("torrents.action.reannounce"), icon: "radio-tower", run: () => simple(target, { action: "reannounce" }) },
    ...(one
      ? [
          {
            label: t("torrents.action.copy"),
            icon: "copy",
            items: [
              { label: t("torrents.copy.name"), run: () => copy(one.name) },
              { label: t("torrents.copy.hash"), run: () => copy(one.id) },
              { label: t("torrents.copy.magnet"), run: () => copyOf(target, magnet) },
              { label: t("torrents.copy.path"), run: () => copyOf(target, (torrent) => torrent.content_path ?? torrent.save_path) },
            ],
          },
          { label: t("torrents.action.export"), icon: "save", disabled: one.has_metadata === false, run: () => saveFile(target) },
        ]
      : []),
    { kind: "line" },
    {
      label: t("torrents.action.remove"),
      icon: "trash-2",
      danger: true,
      keys: t("key.delete"),
      run: async () => {
        if (await remove(target)) removed?.();
      },
    },
  ];
}
