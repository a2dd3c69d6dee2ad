// The options of a torrent: one form, saved as one change, refused if somebody else was faster.

import { api, Problem, report } from "../../core/api.js";
import { tell } from "../../core/events.js";
import { Field, Select, showInvalid, Switch } from "../../core/field.js";
import { html, useEffect, useState } from "../../core/html.js";
import { t } from "../../core/i18n.js";
import { icon } from "../../core/icon.js";
import { useStore } from "../../core/store.js";
import { toast } from "../../core/toast.js";
import { labels } from "../torrents/labels.js";
import { ShareFields } from "../torrents/share.js";

/** @typedef {Record<string, any>} Options */

/** Members that the form changes. */
const PLAIN = ["name", "comment", "category", "tags", "auto_managed", "save_path", "download_path", "download_limit", "upload_limit", "sequential", "first_last_first", "super_seeding"];
const SHARE = ["ratio", "seeding_time", "inactive_time", "action", "mode"];

/** @param {Options} before @param {Options} after */
function difference(before, after) {
  const same = (/** @type {unknown} */ a, /** @type {unknown} */ b) => JSON.stringify(a) === JSON.stringify(b);
  /** @type {Options} */
  const change = {};
  for (const member of PLAIN) if (!same(before[member], after[member])) change[member] = after[member];
  const share = SHARE.filter((member) => !same(before["share_limits"][member], after["share_limits"][member]));
  if (share.length) change["share_limits"] = Object.fromEntries(share.map((member) => [member, after["share_limits"][member]]));
  return change;
}

/** @param {Event} event */
const value = (event) => /** @type {HTMLInputElement} */ (event.currentTarget).value;

/** @param {{ id: string }} props */
export function OptionsForm({ id }) {
  const path = `/v1/torrents/${id}/options`;
  const [loaded, setLoaded] = useState(/** @type {{ data: Options, etag: string } | null} */ (null));
  const [form, setForm] = useState(/** @type {Options | null} */ (null));
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const [isBusy, setIsBusy] = useState(false);
  const known = useStore(labels);
  const read = async () => {
    try {
      const tagged = await api.tagged(path);
      setLoaded(tagged);
      setForm(tagged.data);
      setProblem(null);
    } catch (error) {
      report(error);
    }
  };
  useEffect(() => void read(), [path]);
  if (!loaded || !form) return html`<p class="muted tab-content">${t("common.loading")}</p>`;

  const change = difference(loaded.data, form);
  const isChanged = Object.keys(change).length > 0;
  const set = (/** @type {string} */ member, /** @type {unknown} */ to) => setForm({ ...form, [member]: to });
  const error = (/** @type {string} */ member) => problem?.at(`/${member}`) ?? null;
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setIsBusy(true);
    try {
      await api.patch(path, change, { ifMatch: loaded.etag });
      toast({ text: t("common.saved"), kind: "success" });
      tell("acted", {});
      await read();
    } catch (failure) {
      if (failure instanceof Problem && failure.status === 412) {
        toast({ text: t("options.changed_elsewhere"), kind: "error" });
        await read();
      } else if (failure instanceof Problem && failure.status === 422) {
        setProblem(failure);
        showInvalid();
      } else {
        report(failure);
      }
    } finally {
      setIsBusy(false);
    }
  };
  const text = (/** @type {string} */ member, /** @type {{ hint?: string, disabled?: boolean, mono?: boolean, nullable?: boolean }} */ { hint, disabled = false, mono = false, nullable = false } = {}) => html`<${Field}
    id=${`option-${member}`}
    label=${t(`options.${member}`)}
    hint=${hint}
    error=${error(member)}
    control=${(/** @type {object} */ attributes) => html`<input ...${attributes} type="text" class=${mono ? "wide mono" : "wide"} disabled=${disabled} value=${form[member] ?? ""} onInput=${(/** @type {Event} */ event) => set(member, nullable && value(event).trim() === "" ? null : value(event))} />`}
  />`;
  const rateField = (/** @type {string} */ member) => html`<${Field}
    id=${`option-${member}`}
    label=${t(`options.${member}`)}
    hint=${t("options.rate_hint")}
    error=${error(member)}
    control=${(/** @type {object} */ attributes) => html`<input ...${attributes} type="number" min="1" value=${form[member] === null ? "" : Math.round(form[member] / 1024)} onInput=${(/** @type {Event} */ event) => set(member, value(event) === "" ? null : Math.max(1, Math.round(Number(value(event)) * 1024)))} />`}
  />`;
  return html`<form class="tab-content options-form" onSubmit=${save}>
    ${problem && problem.faults.length === 0 && html`<p class="notice notice-error">${icon("circle-alert")} ${problem.message}</p>`}
    <div class="grid-2">
      <div class="form">
        ${text("name")}
        <${Field}
          id="option-category"
          label=${t("options.category")}
          error=${error("category")}
          control=${(/** @type {Record<string, string>} */ attributes) => html`<${Select}
            id="option-category"
            attributes=${attributes}
            value=${form["category"] ?? ""}
            options=${[{ value: "", label: t("torrents.no_category") }, ...known.categories.map((name) => ({ value: name, label: name }))]}
            onChange=${(/** @type {string} */ next) => set("category", next || null)}
          />`}
        />
        <${Field}
          id="option-tags"
          label=${t("options.tags")}
          hint=${t("options.tags_hint")}
          error=${error("tags/0")}
          control=${(/** @type {object} */ attributes) => html`<input ...${attributes} type="text" class="wide" value=${form["tags"].join(", ")} onChange=${(/** @type {Event} */ event) => set("tags", value(event).split(",").map((tag) => tag.trim()).filter(Boolean))} />`}
        />
        <${Field}
          id="option-comment"
          label=${t("options.comment")}
          error=${error("comment")}
          control=${(/** @type {object} */ attributes) => html`<textarea ...${attributes} rows="2" onInput=${(/** @type {Event} */ event) => set("comment", value(event))}>${form["comment"]}</textarea>`}
        />
        <${Switch} id="option-auto" label=${t("options.auto_managed")} hint=${t("options.auto_hint")} checked=${form["auto_managed"]} onChange=${(/** @type {boolean} */ on) => setForm({ ...form, auto_managed: on, ...(on && { save_path: loaded.data["save_path"], download_path: loaded.data["download_path"] }) })} />
        ${text("save_path", { mono: true, disabled: form["auto_managed"], hint: t("options.save_hint") })}
        ${text("download_path", { mono: true, disabled: form["auto_managed"], nullable: true, hint: t("options.download_path_hint") })}
      </div>
      <div class="form">
        ${rateField("download_limit")} ${rateField("upload_limit")}
        <${ShareFields}
          id="option"
          limits=${form["share_limits"]}
          first=${[{ value: "inherit", label: t("options.limit.inherit") }]}
          at=${(/** @type {string} */ member) => error(`share_limits/${member}`)}
          onChange=${(/** @type {unknown} */ to) => set("share_limits", to)}
        />
        <div>
          <${Switch} id="option-sequential" label=${t("torrents.action.sequential")} checked=${form["sequential"]} onChange=${(/** @type {boolean} */ on) => set("sequential", on)} />
          <${Switch} id="option-first-last" label=${t("torrents.action.first_last_first")} checked=${form["first_last_first"]} onChange=${(/** @type {boolean} */ on) => set("first_last_first", on)} />
          <${Switch} id="option-super" label=${t("torrents.action.super_seeding")} checked=${form["super_seeding"]} onChange=${(/** @type {boolean} */ on) => set("super_seeding", on)} />
        </div>
      </div>
    </div>
    <div class="toolbar form-actions">
      <button type="submit" class="button primary" disabled=${!isChanged || isBusy}>${t("common.save")}</button>
      <button type="button" class="button" disabled=${!isChanged} onClick=${() => setForm(loaded.data)}>${t("common.reset")}</button>
    </div>
  </form>`;
}
