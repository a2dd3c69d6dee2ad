// "Why is it not moving?": the reasons that state, error, trackers, queue and health give, in plain words, worst first.

import { bytes, plain, relative } from "../../core/format.js";
import { html } from "../../core/html.js";
import { t } from "../../core/i18n.js";
import { icon } from "../../core/icon.js";

/** @typedef {import("../torrents/types.js").Torrent} Torrent */
/** @typedef {{ url: string, status: string, message: string, is_updating: boolean, seeds: number | null, peers: number | null, next_announce_at: string | null }} Tracker */
/** @typedef {import("../../core/stats.js").Stats} Stats */
/** @typedef {{ kind: "error" | "warn" | "info" | "ok", text: string, hint?: string }} Reason */

/** The host of a tracker, never its path, which may hold a passkey. @param {string} url */
function host(url) {
  try {
    return new URL(url).host;
  } catch {
    return url.slice(0, 60);
  }
}

/**
 * The reasons; the first is the one that matters most. None where data flows as it should.
 * @param {Torrent} torrent
 * @param {Tracker[] | null} trackers `null` while they are not known
 * @param {Stats | null} stats
 * @returns {Reason[]}
 */
export function reasons(torrent, trackers, stats) {
  /** @type {Reason[]} */
  const found = [];
  const say = (/** @type {Reason["kind"]} */ kind, /** @type {string} */ key, /** @type {Record<string, string | number>} */ values = {}) => {
    found.push({ kind, text: t(`why.${key}`, values), hint: t(`why.${key}.hint`, values) });
  };
  const { state } = torrent;
  if (state === "error") say("error", "error", { reason: plain(torrent.error ?? t("common.unknown")) });
  if (state === "missing_files") say("error", "missing_files", { path: plain(torrent.save_path) });
  if (stats && stats.free_space !== null && stats.free_space < torrent.remaining && torrent.remaining > 0) {
    say("warn", "space", { free: bytes(stats.free_space), missing: bytes(torrent.remaining) });
  }
  if (stats?.session_paused) say("warn", "session_paused");
  if (state === "stopped_downloading") say("info", "stopped");
  if (state === "stopped_uploading") say("ok", "complete_stopped");
  if (state.startsWith("queued_")) {
    // Complete torrents have no place in the queue.
    if (torrent.queue_position === null) say("info", "queued_seed");
    else say("info", "queued", { position: torrent.queue_position });
  }
  if (state.startsWith("checking_")) say("info", state === "checking_resume_data" ? "starting" : "checking");
  if (state === "moving") say("info", "moving");
  if (torrent.stop_condition !== "none" && state.startsWith("stopped_")) say("info", "stop_condition");
  if (found.some((reason) => reason.kind === "error") || /^(stopped|queued|checking|moving)/u.test(state)) return found;

  const wantsData = torrent.remaining > 0 || !torrent.has_metadata;
  if (torrent.has_metadata && torrent.size === 0) say("warn", "nothing_wanted");
  if (!wantsData) {
    if (torrent.upload_rate === 0) say("ok", torrent.leechers > 0 ? "seeding_idle" : "seeding_nobody");
    return found;
  }
  if (torrent.download_rate > 0) return found;
  if (!torrent.has_metadata) say("info", "metadata", { count: torrent.connections });
  const alive = (trackers ?? []).filter((one) => /^(https?|udp|wss?):/u.test(one.url));
  const failed = alive.filter((one) => one.status === "refused" || one.status === "unreachable" || one.status === "not_working");
  const works = alive.some((one) => one.status === "working");
  if (trackers && alive.length === 0) say("warn", stats && stats.dht_nodes > 0 ? "no_tracker" : "no_tracker_no_dht");
  if (failed.length > 0 && !works) {
    const [one] = failed;
    if (one) say("error", one.status === "refused" ? "tracker_refused" : "tracker_unreachable", { host: plain(host(one.url)), message: plain(one.message || "–") });
  } else if (alive.length > 0 && !works && alive.some((one) => one.is_updating || one.status === "not_contacted")) {
    say("info", "tracker_waiting", { when: relative(torrent.next_announce_at) });
  }
  if (torrent.connections === 0) {
    if (works && torrent.swarm_seeds === 0 && torrent.swarm_leechers === 0) say("warn", "swarm_empty");
    else say("info", "no_peers");
  } else if (torrent.seeds === 0 && torrent.availability !== null && torrent.availability < 1) {
    say("warn", "incomplete_swarm", { share: `${Math.floor(torrent.availability * 100)} %` });
  } else {
    say("info", "choked", { count: torrent.connections });
  }
  if (stats?.connection === "firewalled") say("info", "firewalled");
  if (stats?.connection === "disconnected") say("error", "disconnected");
  return found;
}

const SIGNS = { error: "circle-alert", warn: "triangle-alert", info: "info", ok: "circle-check" };

/** @param {{ torrent: Torrent, trackers: Tracker[] | null, stats: Stats | null }} props */
export function Diagnosis({ torrent, trackers, stats }) {
  const found = reasons(torrent, trackers, stats);
  if (found.length === 0) return null;
  const isFine = found.every((reason) => reason.kind === "ok");
  return html`<section class="why" aria-labelledby="why-title">
    <h3 id="why-title">${t(isFine ? "why.title_fine" : torrent.remaining > 0 || !torrent.has_metadata ? "why.title" : "why.title_seed")}</h3>
    <ul>
      ${found.map(
        (reason) => html`<li class=${`notice notice-${reason.kind}`}>
          ${icon(SIGNS[reason.kind])}
          <div><strong dir="auto">${reason.text}</strong>${reason.hint && html`<p class="hint" dir="auto">${reason.hint}</p>`}</div>
        </li>`,
      )}
    </ul>
  </section>`;
}
