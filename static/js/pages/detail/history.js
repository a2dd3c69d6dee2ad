// What happened to a torrent, newest first.

import { api, Problem, isAborted, report } from "../../core/api.js";
import { on } from "../../core/events.js";
import { author, bytes, dateTime, plain, relative } from "../../core/format.js";
import { html, useEffect, useState } from "../../core/html.js";
import { has, t } from "../../core/i18n.js";
import { icon } from "../../core/icon.js";

/** @typedef {{ id: number, type: string, at: string, actor: string, data: Record<string, any> }} Entry */

const LIMIT = 50;

const SIGNS = /** @type {Record<string, string>} */ ({
  torrent_added: "plus", torrent_removed: "trash-2", metadata_received: "magnet", files_discovered: "file", state_changed: "arrow-left-right", torrent_completed: "circle-check",
  torrent_moved: "folder-input", torrent_failed: "circle-alert", torrent_reconciled: "wrench", tracker_status: "radio-tower",
});

/** What an event says. @param {Entry} entry */
function words({ type, data }) {
  const state = (/** @type {string} */ name) => (has(`state.${name}`) ? t(`state.${name}`) : name);
  switch (type) {
    case "state_changed": return t("history.state_changed", { from: state(data["from"]), to: state(data["to"]) });
    case "torrent_moved": return t("history.torrent_moved", { path: plain(String(data["path"] ?? "")) });
    case "torrent_failed": return t("history.torrent_failed", { reason: plain(String(data["reason"] ?? "")) });
    case "torrent_reconciled": return t("history.torrent_reconciled", { what: plain(String(data["what"] ?? "")) });
    case "files_discovered": return t("history.files_discovered", { count: Number(data["files"] ?? 0), size: bytes(data["size"]) });
    case "tracker_status": return t(data["works"] ? "history.tracker_works" : "history.tracker_fails", { host: plain(String(data["host"] ?? "")), message: plain(String(data["message"] ?? "")) });
    default: return has(`history.${type}`) ? t(`history.${type}`) : type;
  }
}

/** @param {{ id: string }} props */
export function History({ id }) {
  const [entries, setEntries] = useState(/** @type {Entry[] | null} */ (null));
  const [next, setNext] = useState(/** @type {number | null} */ (null));
  const [isMissing, setIsMissing] = useState(false);
  const load = async (/** @type {number | null} */ before) => {
    try {
      const page = await api.get(`/v1/torrents/${id}/events`, { limit: LIMIT, before });
      setEntries((old) => (before === null ? page.events : [...(old ?? []), ...page.events]));
      setNext(page.next);
    } catch (error) {
      if (error instanceof Problem && error.status === 404) setIsMissing(true);
      else if (!isAborted(error)) report(error);
    }
  };
  useEffect(() => {
    void load(null);
    return on("*", (data, type) => {
      if (type === "resync" || type === "acted" || (data.torrent === id && type !== "progress")) void load(null);
    });
  }, [id]);
  if (isMissing) return html`<div class="empty">${icon("history")}<p>${t("history.none")}</p></div>`;
  if (!entries) return html`<p class="muted tab-content">${t("common.loading")}</p>`;
  if (entries.length === 0) return html`<div class="empty">${icon("history")}<p>${t("history.none")}</p></div>`;
  return html`<div class="tab-content">
    <ol class="timeline">
      ${entries.map(
        (entry) => html`<li key=${entry.id} class=${`event-${entry.type}`}>
          <span class="timeline-sign">${icon(SIGNS[entry.type] ?? "circle-dot")}</span>
          <div><p dir="auto">${words(entry)}</p><p class="hint"><time datetime=${entry.at} title=${dateTime(entry.at)}>${dateTime(entry.at)} (${relative(entry.at)})</time> · ${author(entry.actor)}</p></div>
        </li>`,
      )}
    </ol>
    ${next !== null && html`<button type="button" class="button" onClick=${() => load(next)}>${t("common.show_more")}</button>`}
  </div>`;
}
