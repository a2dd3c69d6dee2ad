// Categories with what they decide for their torrents, and tags.

import { api, Problem, report } from "../core/api.js";
import { ask, confirm, openDialog } from "../core/dialog.js";
import { connection, on } from "../core/events.js";
import { Field, Select } from "../core/field.js";
import { duration, integer, plain, ratio } from "../core/format.js";
import { html, useEffect, useState } from "../core/html.js";
import { t } from "../core/i18n.js";
import { link } from "../core/router.js";
import { RowButton, Table } from "../core/table.js";
import { toast } from "../core/toast.js";
import { LIMITS, ShareFields } from "./torrents/share.js";

/** @typedef {"inherit" | "unlimited" | number} Limit */
/** @typedef {{ ratio: Limit, seeding_time: Limit, inactive_time: Limit, action: string, mode: string }} ShareLimits */
/** @typedef {"inherit" | "disabled" | "implicit" | { at: string }} DownloadPath */
/** @typedef {{ name: string, save_path: string | null, download_path: DownloadPath, share_limits: ShareLimits, torrents: number }} Category */
/** @typedef {{ name: string, torrents: number }} Tag */
/** @typedef {Record<string, string | undefined>} Attributes */

/** Milliseconds between two looks at the labels. */
const PACE = 5_000;

const INHERITED = { ratio: "inherit", seeding_time: "inherit", inactive_time: "inherit", action: "inherit", mode: "inherit" };

/** @param {{ close: (saved?: boolean) => void, category: Category | null }} props */
function Editor({ close, category }) {
  const path = category?.download_path ?? "inherit";
  const [form, setForm] = useState({
    name: category?.name ?? "",
    save_path: category?.save_path ?? "",
    where: typeof path === "string" ? path : "at",
    download_path: typeof path === "string" ? "" : path.at,
  });
  const [limits, setLimits] = useState(/** @type {Record<string, any>} */ (category?.share_limits ?? INHERITED));
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const put = (/** @type {Partial<typeof form>} */ change) => setForm({ ...form, ...change });
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setProblem(null);
    const body = {
      save_path: form.save_path.trim() || null,
      download_path: form.where === "at" ? { at: form.download_path.trim() } : form.where,
      share_limits: limits,
    };
    try {
      if (category) await api.patch(`/v1/categories/${encodeURIComponent(category.name)}`, body);
      else await api.post("/v1/categories", { ...body, name: form.name.trim() });
      close(true);
    } catch (error) {
      if (error instanceof Problem && error.status > 0) setProblem(error);
      else report(error);
    }
  };
  /** @param {"name" | "save_path" | "download_path"} name @param {string} label @param {string} hint @param {string} pointer */
  const text = (name, label, hint, pointer) => html`<${Field}
    id=${`category-${name}`}
    label=${label}
    hint=${hint}
    error=${problem?.at(pointer) ?? null}
    control=${(/** @type {Attributes} */ attributes) => html`<input
      ...${attributes}
      class="wide"
      autocomplete="off"
      spellcheck="false"
      required=${name === "name"}
      autofocus=${name === "name"}
      value=${form[name]}
      onInput=${(/** @type {InputEvent} */ event) => put({ [name]: /** @type {HTMLInputElement} */ (event.currentTarget).value })}
    />`}
  />`;
  return html`<form class="form" onSubmit=${save}>
    ${!category && text("name", t("common.name"), t("labels.name_hint"), "/name")}
    ${text("save_path", t("labels.save_path"), t("labels.save_path_hint"), "/save_path")}
    <${Field}
      id="category-where"
      label=${t("labels.download_path")}
      control=${(/** @type {Attributes} */ attributes) => html`<${Select}
        id="category-where"
        attributes=${attributes}
        value=${form.where}
        options=${["inherit", "disabled", "implicit", "at"].map((value) => ({ value, label: t(`labels.download_path.${value}`) }))}
        onChange=${(/** @type {string} */ where) => put({ where })}
      />`}
    />
    ${form.where === "at" && text("download_path", t("labels.download_path_at"), "", "/download_path/at")}
    <fieldset class="plain">
      <legend>${t("labels.limits")}</legend>
      <${ShareFields}
        id="category"
        limits=${limits}
        first=${[{ value: "inherit", label: t("labels.limit.inherit") }]}
        at=${(/** @type {string} */ member) => problem?.at(`/share_limits/${member}`) ?? null}
        onChange=${setLimits}
      />
    </fieldset>
    ${problem && problem.faults.length === 0 && html`<p class="error-text" role="alert">${plain(problem.message)}</p>`}
    <div class="dialog-actions">
      <button type="button" class="button" onClick=${() => close()}>${t("common.cancel")}</button>
      <button type="submit" class="button primary">${t("common.save")}</button>
    </div>
  </form>`;
}

/** The limits of a category that are its own, in few words. @param {ShareLimits} limits */
function brief(limits) {
  const names = /** @type {(keyof typeof LIMITS)[]} */ (Object.keys(LIMITS));
  const parts = names.filter((name) => limits[name] !== "inherit").map((name) => {
    const limit = limits[name];
    const value =
      typeof limit !== "number" ? t("common.unlimited") : name === "ratio" ? ratio(limit) : duration(limit);
    return `${t(`options.${name}`)}: ${value}`;
  });
  if (limits.action !== "inherit") parts.push(t(`options.action.${limits.action}`));
  return parts.join(", ") || "–";
}

/**
 * Reads a list of labels at once, and again when something says that it may be another one. Nothing tells of a label
 * that somebody else makes, so a page that is looked at asks for this small list every few seconds.
 * @param {"categories" | "tags"} what
 * @returns {[any[] | null, (list: any[]) => void, () => Promise<void>]}
 */
function useLabels(what) {
  const [list, setList] = useState(/** @type {any[] | null} */ (null));
  const read = () => api.get(`/v1/${what}`).then((answer) => setList(answer[what]), report);
  useEffect(() => {
    void read();
    const look = () => document.hidden || connection.value !== "open" || void read();
    const timer = setInterval(look, PACE);
    document.addEventListener("visibilitychange", look);
    const end = on(["resync", "acted"], () => void read());
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
      end();
    };
  }, []);
  return [list, setList, read];
}

/**
 * Removes a label once the person is sure.
 * @param {{ name: string, torrents: number }} label
 * @param {"category" | "tag"} kind
 * @param {string} path
 * @param {() => Promise<void>} read
 */
async function remove(label, kind, path, read) {
  const text = html`<p><bdi>${plain(label.name)}</bdi></p><p>${t(`labels.remove_${kind}_text`, { count: label.torrents })}</p>`;
  if (!(await confirm({ title: t(`labels.remove_${kind}`), text, confirm: t("common.remove"), danger: true }))) return;
  try {
    await api.delete(`${path}/${encodeURIComponent(label.name)}`);
    await read();
  } catch (error) {
    report(error);
  }
}

/**
 * The columns that both lists have.
 * @param {"category" | "tag"} kind
 * @returns {import("../core/table.js").Column<any>[]}
 */
function named(kind) {
  return [
    {
      id: "name",
      label: t("common.name"),
      main: true,
      sort: (one) => one.name,
      cell: (one) => html`<a href=${link(["torrents"], { [kind]: one.name })}><bdi>${plain(one.name)}</bdi></a>`,
    },
    { id: "torrents", label: t("nav.torrents"), number: true, sort: (one) => one.torrents, cell: (one) => integer(one.torrents) },
  ];
}

/**
 * A list in its card.
 * @param {{ id: string, title: string, none: string, columns: any[], rows: { name: string }[] | null, children?: import("../core/html.js").Child }} props
 */
function Listed({ id, title, none, columns, rows, children }) {
  return html`<section class="card" aria-labelledby=${`${id}-title`}>
    <div class="page-head"><h2 id=${`${id}-title`}>${title}</h2>${children}</div>
    ${rows
      ? html`<${Table} label=${title} columns=${columns} rows=${rows} sort="name" id=${(/** @type {{ name: string }} */ one) => one.name} empty=${none} />`
      : html`<p class="muted">${t("common.loading")}</p>`}
  </section>`;
}

function Categories() {
  const [categories, , read] = useLabels("categories");
  const edit = async (/** @type {Category | null} */ category) => {
    const title = category ? plain(category.name) : t("labels.new_category");
    const saved = await openDialog({ title }, (close) => html`<${Editor} close=${close} category=${category} />`);
    if (saved) {
      toast({ text: t("common.saved"), kind: "success" });
      await read();
    }
  };
  /** @type {import("../core/table.js").Column<Category>[]} */
  const columns = [
    ...named("category"),
    {
      id: "path",
      label: t("labels.save_path"),
      sort: (one) => one.save_path,
      cell: (one) => html`<bdi class="break">${plain(one.save_path ?? t("labels.implicit"))}</bdi>`,
    },
    { id: "limits", label: t("labels.limits"), cell: (one) => brief(one.share_limits) },
    {
      id: "actions",
      label: t("common.change"),
      actions: true,
      cell: (one) => html`
        <${RowButton} name=${one.name} label=${t("common.edit")} run=${() => edit(one)} />
        <${RowButton} name=${one.name} label=${t("common.remove")} danger run=${() => remove(one, "category", "/v1/categories", read)} />
      `,
    },
  ];
  return html`<${Listed} id="categories" title=${t("labels.categories")} none=${t("labels.no_categories")} columns=${columns} rows=${categories}>
    <button type="button" class="button primary" onClick=${() => edit(null)}>${t("labels.new_category")}</button>
  <//>`;
}

function Tags() {
  const [tags, setTags, read] = useLabels("tags");
  const add = async () => {
    const text = await ask({ title: t("labels.new_tag"), label: t("labels.tags"), hint: t("labels.new_tag_hint") });
    const names = (text ?? "").split(",").map((/** @type {string} */ name) => name.trim()).filter(Boolean);
    if (names.length === 0) return;
    try {
      const list = await api.post("/v1/tags", { tags: names });
      setTags(list.tags);
    } catch (error) {
      report(error);
    }
  };
  /** @type {import("../core/table.js").Column<Tag>[]} */
  const columns = [
    ...named("tag"),
    {
      id: "actions",
      label: t("common.change"),
      actions: true,
      cell: (one) => html`<${RowButton} name=${one.name} label=${t("common.remove")} danger run=${() => remove(one, "tag", "/v1/tags", read)} />`,
    },
  ];
  return html`<${Listed} id="tags" title=${t("labels.tags")} none=${t("labels.no_tags")} columns=${columns} rows=${tags}>
    <button type="button" class="button" onClick=${add}>${t("labels.new_tag")}</button>
  <//>`;
}

export default function Labels() {
  return html`<div class="page">
    <h1>${t("nav.labels")}</h1>
    <${Categories} />
    <${Tags} />
  </div>`;
}
