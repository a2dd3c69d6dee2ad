// Making torrents of files on the server, and watching it being done.

import { api, Problem, report, url } from "../core/api.js";
import { on } from "../core/events.js";
import { Field, Progress, Select, showInvalid, Switch } from "../core/field.js";
import { bytes, dateTime, percent, plain, relative } from "../core/format.js";
import { html, useEffect, useState } from "../core/html.js";
import { t } from "../core/i18n.js";
import { icon } from "../core/icon.js";
import { toast } from "../core/toast.js";

/** @typedef {{ id: string, state: "queued" | "running" | "finished" | "failed", progress: number, reason: string | null, source: string, created_at: string, finished_at: string | null }} Job */

const SIZES = Array.from({ length: 15 }, (_, at) => 2 ** (14 + at));
const EMPTY = { source: "", format: "hybrid", piece_size: "", is_private: false, include_dotfiles: false, comment: "", source_tag: "", trackers: "", web_seeds: "", torrent_file: "", seed: true };

/** @param {Event} event */
const value = (event) => /** @type {HTMLInputElement} */ (event.currentTarget).value;

/** Tiers of trackers: blank lines are between them. @param {string} text */
function tiers(text) {
  return text.split(/\n\s*\n/u).map((tier) => tier.split("\n").map((line) => line.trim()).filter(Boolean)).filter((tier) => tier.length > 0);
}

/** @param {{ job: Job, onGone: () => void }} props */
function JobCard({ job, onGone }) {
  const badges = { queued: "badge-muted", running: "badge-warn", finished: "badge-ok", failed: "badge-error" };
  const forget = async () => {
    try {
      await api.delete(`/v1/jobs/${job.id}`);
      onGone();
    } catch (error) {
      report(error);
    }
  };
  const isOver = job.state === "finished" || job.state === "failed";
  return html`<li class="card job">
    <div class="job-head">
      <bdi class="mono job-source">${plain(job.source)}</bdi>
      <span class=${`badge ${badges[job.state]}`}>${t(`create.state.${job.state}`)}</span>
    </div>
    ${!isOver && html`<div class="progress-cell"><${Progress} share=${job.progress} label=${t("create.progress", { source: plain(job.source) })} /><span>${percent(job.progress)}</span></div>`}
    ${job.reason && html`<p class="error-text" dir="auto">${plain(job.reason)}</p>`}
    <div class="toolbar">
      <span class="hint" title=${dateTime(job.created_at)}>${relative(job.finished_at ?? job.created_at)}</span>
      <span class="spacer"></span>
      ${job.state === "finished" && html`<a class="button small" href=${url(`/v1/jobs/${job.id}/torrent`)} download=${`${plain(job.source).split("/").filter(Boolean).pop() ?? "new"}.torrent`}>${icon("save")} ${t("torrents.action.export")}</a>`}
      <button type="button" class="button small" onClick=${forget}>${icon(isOver ? "x" : "circle-x")} ${t(isOver ? "create.forget" : "common.cancel")}</button>
    </div>
  </li>`;
}

/** Makes torrents. */
export default function Create() {
  const [form, setForm] = useState(EMPTY);
  const [jobs, setJobs] = useState(/** @type {Job[]} */ ([]));
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const [isBusy, setIsBusy] = useState(false);
  const load = async () => {
    try {
      setJobs((await api.get("/v1/jobs")).jobs);
    } catch (error) {
      report(error);
    }
  };
  useEffect(() => {
    void load();
    const ends = [
      on("resync", () => void load()),
      on("job_progressed", (event) => {
        const { job, state, progress } = event.data;
        setJobs((old) => old.map((one) => (one.id === job ? { ...one, progress: progress ?? one.progress, state } : one)));
        if (state === "finished" || state === "failed") void load();
      }),
    ];
    return () => ends.forEach((end) => end());
  }, []);
  const set = (/** @type {Partial<typeof EMPTY>} */ change) => setForm({ ...form, ...change });
  const error = (/** @type {string} */ member) => problem?.at(`/${member}`) ?? null;
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setIsBusy(true);
    setProblem(null);
    try {
      await api.post("/v1/torrents/author", {
        source: form.source.trim(),
        format: form.format,
        piece_size: form.piece_size ? Number(form.piece_size) : null,
        is_private: form.is_private,
        include_dotfiles: form.include_dotfiles,
        comment: form.comment,
        source_tag: form.source_tag,
        trackers: tiers(form.trackers),
        web_seeds: form.web_seeds.split(/\s+/u).filter(Boolean),
        torrent_file: form.torrent_file.trim() || null,
        seed: form.seed,
      });
      toast({ text: t("create.started"), kind: "success" });
      await load();
      document.getElementById("create-jobs")?.scrollIntoView({ block: "nearest" });
    } catch (failure) {
      if (failure instanceof Problem && failure.status === 422) {
        setProblem(failure);
        showInvalid();
      } else {
        report(failure);
      }
    } finally {
      setIsBusy(false);
    }
  };
  const text = (/** @type {"source" | "comment" | "source_tag" | "torrent_file"} */ member, /** @type {string} */ hint, isRequired = false) => html`<${Field}
    id=${`create-${member}`}
    label=${t(`create.${member}`)}
    hint=${hint}
    error=${error(member)}
    control=${(/** @type {object} */ attributes) => html`<input ...${attributes} type="text" class="wide" required=${isRequired} autocomplete="off" value=${form[member]} onInput=${(/** @type {Event} */ event) => set({ [member]: value(event) })} />`}
  />`;
  const area = (/** @type {"trackers" | "web_seeds"} */ member) => html`<${Field}
    id=${`create-${member}`}
    label=${t(`create.${member}`)}
    hint=${t(`create.${member}_hint`)}
    error=${error(member)}
    control=${(/** @type {object} */ attributes) => html`<textarea ...${attributes} rows="3" value=${form[member]} onInput=${(/** @type {Event} */ event) => set({ [member]: value(event) })}></textarea>`}
  />`;
  return html`<div class="page">
    <div class="page-head"><h1>${t("nav.create")}</h1></div>
    <div class="create-grid">
      <form class="card form" onSubmit=${submit}>
        ${problem && problem.faults.every((fault) => !fault.pointer || fault.pointer === "") && html`<p class="notice notice-error">${icon("circle-alert")} ${problem.message}</p>`}
        ${text("source", t("create.source_hint"), true)}
        <div class="grid-2">
          <${Field} id="create-format" label=${t("create.format")} control=${(/** @type {Record<string, string>} */ attributes) => html`<${Select} id="create-format" attributes=${attributes} value=${form.format} options=${["hybrid", "v1", "v2"].map((one) => ({ value: one, label: t(`create.format.${one}`) }))} onChange=${(/** @type {string} */ to) => set({ format: to })} />`} />
          <${Field} id="create-piece" label=${t("create.piece_size")} error=${error("piece_size")} control=${(/** @type {Record<string, string>} */ attributes) => html`<${Select} id="create-piece" attributes=${attributes} value=${form.piece_size} options=${[{ value: "", label: t("create.piece_auto") }, ...SIZES.map((size) => ({ value: String(size), label: bytes(size) }))]} onChange=${(/** @type {string} */ to) => set({ piece_size: to })} />`} />
        </div>
        ${area("trackers")} ${area("web_seeds")}
        <div class="grid-2">${text("comment", "")} ${text("source_tag", t("create.source_tag_hint"))}</div>
        ${text("torrent_file", t("create.torrent_file_hint"))}
        <div>
          <${Switch} id="create-seed" label=${t("create.seed")} checked=${form.seed} onChange=${(/** @type {boolean} */ on_) => set({ seed: on_ })} />
          <${Switch} id="create-private" label=${t("create.is_private")} hint=${t("create.private_hint")} checked=${form.is_private} onChange=${(/** @type {boolean} */ on_) => set({ is_private: on_ })} />
          <${Switch} id="create-dot" label=${t("create.include_dotfiles")} checked=${form.include_dotfiles} onChange=${(/** @type {boolean} */ on_) => set({ include_dotfiles: on_ })} />
        </div>
        <div class="toolbar">
          <button type="submit" class="button primary" disabled=${isBusy || !form.source.trim()}>${icon("file-plus")} ${t("create.submit")}</button>
          <button type="button" class="button" onClick=${() => setForm(EMPTY)}>${t("common.reset")}</button>
        </div>
      </form>
      <section aria-labelledby="create-jobs">
        <h2 id="create-jobs">${t("create.jobs")}</h2>
        <ul class="jobs" aria-live="polite">
          ${jobs.length === 0 && html`<li class="empty">${icon("file-plus")}<p>${t("create.no_jobs")}</p></li>`}
          ${jobs.map((job) => html`<${JobCard} key=${job.id} job=${job} onGone=${load} />`)}
        </ul>
      </section>
    </div>
  </div>`;
}
