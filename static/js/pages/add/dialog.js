// The dialog that adds: sources with what is in them, and the wishes that hold for all.

import { api, Problem, report } from "../../core/api.js";
import { Field, Select, showInvalid, Switch } from "../../core/field.js";
import { bytes, plain } from "../../core/format.js";
import { html, useEffect, useMemo, useRef, useState } from "../../core/html.js";
import { t } from "../../core/i18n.js";
import { icon } from "../../core/icon.js";
import { preference } from "../../core/preferences.js";
import { useStore } from "../../core/store.js";
import { toast } from "../../core/toast.js";
import { Tree } from "../../core/tree.js";
import { build } from "../detail/filetree.js";
import { labels } from "../torrents/labels.js";
import { change, clear, drop, isTorrent, linksOf, look, nameOf, put, restOf, sources, submit } from "./sources.js";

/** @typedef {import("./sources.js").Source} Source */
/** @typedef {import("../detail/filetree.js").FileNode} FileNode */

/** What was chosen last time. */
const habits = preference("add.habits", { category: "", run: "default" });

/** @param {Event} event */
const value = (event) => /** @type {HTMLInputElement} */ (event.currentTarget).value;

/** @param {{ source: Source }} props */
function Content({ source }) {
  const files = source.preview?.files ?? [];
  const nodes = useMemo(
    () => build(files.map((file) => ({ ...file, progress: 0, priority: source.priorities.get(file.index) ?? "normal" }))),
    [source.preview, source.priorities],
  );
  const set = (/** @type {FileNode} */ node, /** @type {string} */ priority) => {
    const next = new Map(source.priorities);
    for (const file of node.files) {
      if (priority === "normal") next.delete(file.index);
      else next.set(file.index, priority);
    }
    change(source.id, { priorities: next });
  };
  if (source.preview?.status !== "ready") return html`<p class="muted">${t(source.link.startsWith("http") ? "add.fetching_url" : "add.fetching")}</p>`;
  const wanted = files.filter((file) => source.priorities.get(file.index) !== "skip");
  return html`<div class="source-files">
    <p class="hint" role="status">${t("files.wanted", { count: wanted.length, total: files.length, size: bytes(wanted.reduce((sum, file) => sum + file.size, 0)) })}</p>
    <${Tree}
      label=${t("detail.tab.files")}
      nodes=${nodes}
      height=${Math.min(260, Math.max(80, files.length * 36 + 40))}
      initiallyOpen=${nodes.length === 1 ? [nodes[0]?.id ?? ""] : []}
      onCheck=${(/** @type {FileNode} */ node, /** @type {boolean} */ on) => set(node, on ? "normal" : "skip")}
      extra=${(/** @type {FileNode} */ node) => html`<span class="tree-size">${bytes(node.size)}</span><span class=${`tree-priority priority-${node.priority}`}>${t(`files.priority.${node.priority}`)}</span>`}
      menu=${(/** @type {FileNode} */ node) => ["skip", "normal", "high", "maximum"].map((priority) => ({ label: t(`files.priority.${priority}`), checked: node.priority === priority, run: () => set(node, priority) }))}
    />
  </div>`;
}

/** @param {{ source: Source, isOpen: boolean, onOpen: () => void }} props */
function SourceRow({ source, isOpen, onOpen }) {
  const { preview } = source;
  const name = plain(nameOf(source)).slice(0, 300);
  const note = source.error
    ? html`<span class="badge badge-error">${icon("circle-alert")} ${t("add.broken")}</span>`
    : preview?.exists
      ? html`<span class="badge badge-warn">${t("add.exists")}</span>`
      : preview?.status === "ready"
        ? html`<span class="muted">${bytes(preview.total_size)} · ${t("add.files", { count: preview.files.length })}</span>`
        : html`<span class="muted">${source.file ? bytes(source.file.size) : preview ? t("add.waiting") : ""}</span>`;
  return html`<li class="source">
    <div class="source-head">
      <button type="button" class="source-open" aria-expanded=${String(isOpen)} onClick=${onOpen}>
        ${icon(isOpen ? "chevron-down" : "chevron-right")} ${icon(source.file ? "file" : source.link.startsWith("http") ? "link" : "magnet")}
        <bdi class="ellipsis">${name}</bdi>
      </button>
      ${note}
      <button type="button" class="icon-button small" aria-label=${t("add.drop", { name })} onClick=${() => drop(source.id)}>${icon("x")}</button>
    </div>
    ${source.error && html`<p class="error-text" dir="auto">${plain(source.error)}</p>`}
    ${isOpen && !source.error && html`<${Content} source=${source} />`}
  </li>`;
}

/** @param {{ close: (result?: any) => void }} props */
export function AddDialog({ close }) {
  const list = useStore(sources);
  const known = useStore(labels);
  const habit = useStore(habits);
  const [opened, setOpened] = useState(/** @type {number | null} */ (null));
  const [text, setText] = useState("");
  const [settings, setSettings] = useState(/** @type {Record<string, any>} */ ({}));
  const [form, setForm] = useState({ category: habit.category, tags: "", auto: "default", save_path: "", run: habit.run, stop: "default", layout: "default", name: "", sequential: false, first_last_first: false, skip_checking: false, top: "default", download: "", upload: "" });
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const [isBusy, setIsBusy] = useState(false);
  const [hasMore, setHasMore] = useState(false);
  const [hasRest, setHasRest] = useState(false);
  const latest = useRef("");
  latest.current = text;
  const isPressed = useRef(false);

  useEffect(() => {
    void labels.load();
    api.get("/v1/settings").then((document) => setSettings(document.effective ?? {})).catch(() => undefined);
  }, []);
  useEffect(() => {
    if (list.length === 1 && list[0]) setOpened(list[0].id);
  }, [list.length === 1 ? list[0]?.id : 0]);

  const set = (/** @type {Partial<typeof form>} */ next) => setForm({ ...form, ...next });
  const error = (/** @type {string} */ member) => problem?.at(`/${member}`) ?? null;
  const category = known.all.find((one) => one.name === form.category);
  const isAuto = form.auto === "default" ? Boolean(settings["downloads.auto_management"]) : form.auto === "on";
  const root = String(settings["downloads.save_path"] ?? "").replace(/\/$/u, "");
  const derived = isAuto && form.category ? (category?.save_path ?? `${root}/${form.category}`) : root;
  /** Takes the links out of the text; what is none stays there, and is said to be none. Returns what stays. */
  const takeText = () => {
    const rest = restOf(latest.current);
    put({ links: linksOf(latest.current) });
    latest.current = rest;
    setText(rest);
    setHasRest(rest !== "");
    return rest;
  };
  // The dialog grows with what is taken. A button that is being pressed must not move away from under the pointer.
  const leaveText = () => {
    if (!isPressed.current) takeText();
    else addEventListener("pointerup", () => setTimeout(takeText, 0), { once: true });
  };
  const pick = (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.currentTarget);
    put({ files: [...(input.files ?? [])].filter(isTorrent) });
    input.value = "";
  };
  const submitAll = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const rest = takeText();
    const all = sources.value.filter((one) => !one.error);
    if (all.length === 0) return;
    setIsBusy(true);
    setProblem(null);
    const kib = (/** @type {string} */ amount) => (Number(amount) > 0 ? Math.round(Number(amount) * 1024) : undefined);
    const wishes = {
      category: form.category.trim() || undefined,
      tags: form.tags.split(",").map((tag) => tag.trim()).filter(Boolean),
      auto_managed: form.auto === "default" ? undefined : form.auto === "on",
      save_path: !isAuto && form.save_path.trim() ? form.save_path.trim() : undefined,
      run: form.run === "default" ? undefined : form.run,
      stop_condition: form.stop === "default" ? undefined : form.stop,
      layout: form.layout === "default" ? undefined : form.layout,
      name: all.length === 1 && form.name.trim() ? form.name.trim() : undefined,
      sequential: form.sequential,
      first_last_first: form.first_last_first,
      skip_checking: form.skip_checking,
      top_of_queue: form.top === "default" ? undefined : form.top === "on",
      download_limit: kib(form.download),
      upload_limit: kib(form.upload),
    };
    try {
      const results = await submit(all, wishes);
      habits.set({ category: form.category.trim(), run: form.run });
      const taken = results.filter((one) => one.status === "added" || one.status === "pending");
      const duplicates = results.filter((one) => one.status === "duplicate");
      const failed = results.filter((one) => one.status === "failed");
      if (taken.length) toast({ text: t("add.done", { count: taken.length }), kind: "success" });
      if (duplicates.length) toast({ text: t("add.duplicates", { count: duplicates.length }), kind: "info" });
      [...taken, ...duplicates].forEach((one) => drop(one.source.id));
      failed.forEach((one) => change(one.source.id, { error: one.reason ?? t("error.unexpected") }));
      if (failed.length > 0) document.querySelector(".sources")?.scrollIntoView({ block: "center" });
      if (failed.length === 0 && rest === "" && sources.value.every((one) => one.error === null)) close(true);
    } catch (failure) {
      if (failure instanceof Problem && failure.status === 422) {
        setProblem(failure);
        setHasMore(true);
        showInvalid();
      } else {
        report(failure);
      }
    } finally {
      setIsBusy(false);
    }
  };
  const select = (/** @type {"auto" | "run" | "stop" | "layout" | "top"} */ member, /** @type {string[]} */ options) => html`<${Field}
    id=${`add-${member}`}
    label=${t(`add.${member}`)}
    control=${(/** @type {Record<string, string>} */ attributes) => html`<${Select}
      id=${`add-${member}`}
      attributes=${attributes}
      value=${form[member]}
      options=${options.map((one) => ({ value: one, label: t(`add.${member}.${one}`) }))}
      onChange=${(/** @type {string} */ to) => set({ [member]: to })}
    />`}
  />`;
  const ready = list.filter((one) => !one.error).length + linksOf(text).length;
  return html`<form
    class="form add-form"
    onSubmit=${submitAll}
    onPointerDown=${() => {
      isPressed.current = true;
      for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (isPressed.current = false), { once: true });
    }}
  >
    <div class="drop-zone">
      <label class="field-label" for="add-links">${t("add.links")}</label>
      <textarea
        id="add-links"
        rows="2"
        placeholder=${t("add.links_placeholder")}
        value=${text}
        autofocus=${list.length === 0}
        aria-invalid=${hasRest ? "true" : undefined}
        aria-describedby=${hasRest ? "add-links-error" : undefined}
        onInput=${(/** @type {Event} */ event) => {
          setText(value(event));
          setHasRest(false);
        }}
        onBlur=${leaveText}
        onPaste=${() => setTimeout(() => document.getElementById("add-links")?.blur(), 0)}
      ></textarea>
      ${hasRest && html`<p id="add-links-error" class="error-text" role="alert">${t("add.no_links")}</p>`}
      <div class="toolbar">
        <label class="button small file-button">${icon("file-up")} ${t("add.choose")}<input type="file" accept=".torrent,application/x-bittorrent" multiple class="visually-hidden" onChange=${pick} /></label>
        <span class="hint">${t("add.drop_hint")}</span>
      </div>
    </div>
    ${list.length > 0 &&
    html`<ul class="sources" aria-label=${t("add.sources")}>
      ${list.map((source) => html`<${SourceRow}
        key=${source.id}
        source=${source}
        isOpen=${opened === source.id}
        onOpen=${() => {
          setOpened(opened === source.id ? null : source.id);
          void look(source.id);
        }}
      />`)}
    </ul>`}
    ${problem && problem.faults.length === 0 && html`<p class="notice notice-error">${icon("circle-alert")} ${problem.message}</p>`}
    <div class="grid-2">
      <${Field}
        id="add-category"
        label=${t("torrents.action.category")}
        error=${error("category")}
        hint=${html`${t(isAuto ? "add.path_auto" : "add.path_manual")} <bdi class="mono">${plain(form.save_path.trim() && !isAuto ? form.save_path : derived)}</bdi>`}
        control=${(/** @type {object} */ attributes) => html`<input ...${attributes} type="text" class="wide" list="add-categories" autocomplete="off" value=${form.category} placeholder=${t("torrents.no_category")} onInput=${(/** @type {Event} */ event) => set({ category: value(event) })} />
          <datalist id="add-categories">${known.categories.map((name) => html`<option value=${name}></option>`)}</datalist>`}
      />
      <${Field}
        id="add-tags"
        label=${t("torrents.action.tags")}
        hint=${t("options.tags_hint")}
        error=${error("tags/0")}
        control=${(/** @type {object} */ attributes) => html`<input ...${attributes} type="text" class="wide" autocomplete="off" value=${form.tags} onInput=${(/** @type {Event} */ event) => set({ tags: value(event) })} />`}
      />
      ${select("run", ["default", "auto", "stopped", "forced"])}
      <${Field}
        id="add-path"
        label=${t("options.save_path")}
        hint=${isAuto ? t("add.path_decided") : ""}
        error=${error("save_path")}
        control=${(/** @type {object} */ attributes) => html`<input ...${attributes} type="text" class="wide mono" disabled=${isAuto} placeholder=${derived} value=${form.save_path} onInput=${(/** @type {Event} */ event) => set({ save_path: value(event) })} />`}
      />
    </div>
    <details class="more" open=${hasMore} onToggle=${(/** @type {Event} */ event) => setHasMore(/** @type {HTMLDetailsElement} */ (event.currentTarget).open)}>
      <summary>${t("add.more")}</summary>
      <div class="grid-2">
        ${select("auto", ["default", "on", "off"])} ${select("stop", ["default", "none", "metadata_received", "files_checked"])}
        ${select("layout", ["default", "original", "subfolder", "no_subfolder"])} ${select("top", ["default", "on", "off"])}
        <${Field} id="add-download" label=${t("options.download_limit")} error=${error("download_limit")} control=${(/** @type {object} */ attributes) => html`<input ...${attributes} type="number" min="1" value=${form.download} onInput=${(/** @type {Event} */ event) => set({ download: value(event) })} />`} />
        <${Field} id="add-upload" label=${t("options.upload_limit")} error=${error("upload_limit")} control=${(/** @type {object} */ attributes) => html`<input ...${attributes} type="number" min="1" value=${form.upload} onInput=${(/** @type {Event} */ event) => set({ upload: value(event) })} />`} />
        ${list.length === 1 && html`<${Field} id="add-name" label=${t("add.name")} error=${error("name")} control=${(/** @type {object} */ attributes) => html`<input ...${attributes} type="text" class="wide" value=${form.name} placeholder=${list[0] ? plain(nameOf(list[0])).slice(0, 200) : ""} onInput=${(/** @type {Event} */ event) => set({ name: value(event) })} />`} />`}
        <div>
          <${Switch} id="add-sequential" label=${t("torrents.action.sequential")} checked=${form.sequential} onChange=${(/** @type {boolean} */ on) => set({ sequential: on })} />
          <${Switch} id="add-first-last" label=${t("torrents.action.first_last_first")} checked=${form.first_last_first} onChange=${(/** @type {boolean} */ on) => set({ first_last_first: on })} />
          <${Switch} id="add-skip" label=${t("add.skip_checking")} hint=${t("add.skip_hint")} checked=${form.skip_checking} onChange=${(/** @type {boolean} */ on) => set({ skip_checking: on })} />
        </div>
      </div>
    </details>
    <div class="dialog-actions">
      <button type="button" class="button" onClick=${() => {
        clear();
        close();
      }}>${t("common.cancel")}</button>
      <button type="submit" class="button primary" disabled=${ready === 0 || isBusy}>${icon("plus")} ${t("add.submit", { count: ready })}</button>
    </div>
  </form>`;
}
