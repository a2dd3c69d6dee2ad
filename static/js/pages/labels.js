// Categories with what they decide for their torrents, and tags.

import { api, Problem, report } from "../core/api.js";
import { ask, confirm, openDialog } from "../core/dialog.js";
import { on } from "../core/events.js";
import { Field, Select } from "../core/field.js";
import { duration, integer, plain, ratio } from "../core/format.js";
import { html, useEffect, useState } from "../core/html.js";
import { t } from "../core/i18n.js";
import { link } from "../core/router.js";
import { Table } from "../core/table.js";
import { toast } from "../core/toast.js";

/** @typedef {"inherit" | "unlimited" | number} Limit */
/** @typedef {{ ratio: Limit, seeding_time: Limit, inactive_time: Limit, action: string, mode: string }} ShareLimits */
/** @typedef {"inherit" | "disabled" | "implicit" | { at: string }} DownloadPath */
/** @typedef {{ name: string, save_path: string | null, download_path: DownloadPath, share_limits: ShareLimits, torrents: number }} Category */
/** @typedef {{ name: string, torrents: number }} Tag */
/** @typedef {Record<string, string | undefined>} Attributes */

const LIMITS = /** @type {const} */ (["ratio", "seeding_time", "inactive_time"]);
const ACTIONS = ["inherit", "stop", "remove", "remove_with_content", "super_seed"];

/** A number of the form is minutes or a ratio; the wire has seconds. @param {string} name */
const unit = (name) => (name === "ratio" ? 1 : 60);

/** @param {{ close: (saved?: boolean) => void, category: Category | null }} props */
function Editor({ close, category }) {
  const path = category?.download_path ?? "inherit";
  const [form, setForm] = useState({
    name: category?.name ?? "",
    save_path: category?.save_path ?? "",
    where: typeof path === "string" ? path : "at",
    download_path: typeof path === "string" ? "" : path.at,
    action: category?.share_limits.action ?? "inherit",
  });
  const [limits, setLimits] = useState(() =>
    LIMITS.map((name) => {
      const limit = category?.share_limits[name] ?? "inherit";
      return typeof limit === "number" ? { kind: "at", value: String(limit / unit(name)) } : { kind: limit, value: "" };
    }),
  );
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const put = (/** @type {Partial<typeof form>} */ change) => setForm({ ...form, ...change });
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setProblem(null);
    /** @type {Record<string, unknown>} */
    const share = { action: form.action };
    LIMITS.forEach((name, place) => {
      const limit = limits[place];
      if (limit) share[name] = limit.kind === "at" ? Number(limit.value) * unit(name) : limit.kind;
    });
    const body = {
      save_path: form.save_path.trim() || null,
      download_path: form.where === "at" ? { at: form.download_path.trim() } : form.where,
      share_limits: share,
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
  return html`<form onSubmit=${save}>
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
      ${LIMITS.map((name, place) => {
        const limit = limits[place] ?? { kind: "inherit", value: "" };
        const set = (/** @type {Partial<typeof limit>} */ change) =>
          setLimits(limits.map((old, at) => (at === place ? { ...old, ...change } : old)));
        return html`<div class="grid-2" key=${name}>
          <${Field}
            id=${`category-${name}`}
            label=${t(`labels.${name}`)}
            error=${problem?.at(`/share_limits/${name}`) ?? null}
            control=${(/** @type {Attributes} */ attributes) => html`<${Select}
              id=${`category-${name}`}
              attributes=${attributes}
              value=${limit.kind}
              options=${["inherit", "unlimited", "at"].map((value) => ({ value, label: t(`labels.limit.${value}`) }))}
              onChange=${(/** @type {string} */ kind) => set({ kind })}
            />`}
          />
          ${limit.kind === "at" &&
          html`<${Field}
            id=${`category-${name}-value`}
            label=${t(name === "ratio" ? "labels.value" : "labels.minutes")}
            control=${(/** @type {Attributes} */ attributes) => html`<input
              ...${attributes}
              type="number"
              min="0"
              step=${name === "ratio" ? "0.01" : "1"}
              required
              value=${limit.value}
              onInput=${(/** @type {InputEvent} */ event) =>
                set({ value: /** @type {HTMLInputElement} */ (event.currentTarget).value })}
            />`}
          />`}
        </div>`;
      })}
      <${Field}
        id="category-action"
        label=${t("labels.action")}
        control=${(/** @type {Attributes} */ attributes) => html`<${Select}
          id="category-action"
          attributes=${attributes}
          value=${form.action}
          options=${ACTIONS.map((value) => ({ value, label: t(`labels.action.${value}`) }))}
          onChange=${(/** @type {string} */ action) => put({ action })}
        />`}
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
  const parts = LIMITS.filter((name) => limits[name] !== "inherit").map((name) => {
    const limit = limits[name];
    const value =
      typeof limit !== "number" ? t("common.unlimited") : name === "ratio" ? ratio(limit) : duration(limit);
    return `${t(`labels.${name}`)}: ${value}`;
  });
  if (limits.action !== "inherit") parts.push(t(`labels.action.${limits.action}`));
  return parts.join(", ") || "–";
}

function Categories() {
  const [categories, setCategories] = useState(/** @type {Category[] | null} */ (null));
  const read = () => api.get("/v1/categories").then((list) => setCategories(list.categories), report);
  useEffect(() => {
    void read();
    return on("resync", () => void read());
  }, []);
  const edit = async (/** @type {Category | null} */ category) => {
    const title = category ? category.name : t("labels.new_category");
    const saved = await openDialog({ title }, (close) => html`<${Editor} close=${close} category=${category} />`);
    if (saved) {
      toast({ text: t("common.saved"), kind: "success" });
      await read();
    }
  };
  const remove = async (/** @type {Category} */ category) => {
    const text = html`<p><bdi>${plain(category.name)}</bdi></p><p>${t("labels.remove_category_text", { count: category.torrents })}</p>`;
    if (!(await confirm({ title: t("labels.remove_category"), text, confirm: t("common.remove"), danger: true }))) return;
    try {
      await api.delete(`/v1/categories/${encodeURIComponent(category.name)}`);
      await read();
    } catch (error) {
      report(error);
    }
  };
  /** @type {import("../core/table.js").Column<Category>[]} */
  const columns = [
    {
      id: "name",
      label: t("common.name"),
      main: true,
      sort: (one) => one.name,
      cell: (one) => html`<a href=${link(["torrents"], { category: one.name })}><bdi>${plain(one.name)}</bdi></a>`,
    },
    { id: "torrents", label: t("nav.torrents"), number: true, sort: (one) => one.torrents, cell: (one) => integer(one.torrents) },
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
        <button type="button" class="button small" onClick=${() => edit(one)}>
          ${t("common.edit")}<span class="visually-hidden"> (${plain(one.name)})</span>
        </button>
        <button type="button" class="button small danger" onClick=${() => remove(one)}>
          ${t("common.remove")}<span class="visually-hidden"> (${plain(one.name)})</span>
        </button>
      `,
    },
  ];
  return html`<section class="card" aria-labelledby="categories-title">
    <div class="page-head">
      <h2 id="categories-title">${t("labels.categories")}</h2>
      <button type="button" class="button primary" onClick=${() => edit(null)}>${t("labels.new_category")}</button>
    </div>
    ${categories
      ? html`<${Table} label=${t("labels.categories")} columns=${columns} rows=${categories} sort="name" id=${(/** @type {Category} */ one) => one.name} empty=${t("labels.no_categories")} />`
      : html`<p class="muted">${t("common.loading")}</p>`}
  </section>`;
}

function Tags() {
  const [tags, setTags] = useState(/** @type {Tag[] | null} */ (null));
  const read = () => api.get("/v1/tags").then((list) => setTags(list.tags), report);
  useEffect(() => {
    void read();
    return on("resync", () => void read());
  }, []);
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
  const remove = async (/** @type {Tag} */ tag) => {
    const text = html`<p><bdi>${plain(tag.name)}</bdi></p><p>${t("labels.remove_tag_text", { count: tag.torrents })}</p>`;
    if (!(await confirm({ title: t("labels.remove_tag"), text, confirm: t("common.remove"), danger: true }))) return;
    try {
      await api.delete(`/v1/tags/${encodeURIComponent(tag.name)}`);
      await read();
    } catch (error) {
      report(error);
    }
  };
  /** @type {import("../core/table.js").Column<Tag>[]} */
  const columns = [
    {
      id: "name",
      label: t("common.name"),
      main: true,
      sort: (tag) => tag.name,
      cell: (tag) => html`<a href=${link(["torrents"], { tag: tag.name })}><bdi>${plain(tag.name)}</bdi></a>`,
    },
    { id: "torrents", label: t("nav.torrents"), number: true, sort: (tag) => tag.torrents, cell: (tag) => integer(tag.torrents) },
    {
      id: "actions",
      label: t("common.change"),
      actions: true,
      cell: (tag) => html`<button type="button" class="button small danger" onClick=${() => remove(tag)}>
        ${t("common.remove")}<span class="visually-hidden"> (${plain(tag.name)})</span>
      </button>`,
    },
  ];
  return html`<section class="card" aria-labelledby="tags-title">
    <div class="page-head">
      <h2 id="tags-title">${t("labels.tags")}</h2>
      <button type="button" class="button" onClick=${add}>${t("labels.new_tag")}</button>
    </div>
    ${tags
      ? html`<${Table} label=${t("labels.tags")} columns=${columns} rows=${tags} sort="name" id=${(/** @type {Tag} */ tag) => tag.name} empty=${t("labels.no_tags")} />`
      : html`<p class="muted">${t("common.loading")}</p>`}
  </section>`;
}

export default function Labels() {
  return html`<div class="page">
    <h1>${t("nav.labels")}</h1>
    <${Categories} />
    <${Tags} />
  </div>`;
}
