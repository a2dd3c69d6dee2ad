// What is known of a torrent, and why it does not move.

import { bytes, dateTime, duration, integer, plain, rateOrZero, ratio, relative } from "../../core/format.js";
import { html } from "../../core/html.js";
import { t } from "../../core/i18n.js";
import { icon } from "../../core/icon.js";
import { stats } from "../../core/stats.js";
import { useStore } from "../../core/store.js";
import { copy, magnet } from "../torrents/actions.js";
import { Diagnosis } from "./diagnosis.js";
import { PieceMap } from "./pieces.js";
import { useResource } from "./resource.js";

/** @typedef {import("../torrents/types.js").Torrent} Torrent */
/** @typedef {import("../../core/html.js").Child} Child */

/** @param {{ title: string, facts: [string, Child][] }} props */
function Facts({ title, facts }) {
  return html`<section class="fact-group">
    <h3>${t(`detail.group.${title}`)}</h3>
    <dl class="facts">${facts.map(([key, value]) => html`<dt>${t(`detail.fact.${key}`)}</dt><dd>${value}</dd>`)}</dl>
  </section>`;
}

/** A text of somebody else with a button that copies it. @param {string | null | undefined} text */
function copied(text) {
  if (!text) return "–";
  return html`<span class="copied"><bdi class="mono">${plain(text).slice(0, 2000)}</bdi><button type="button" class="icon-button small" aria-label=${t("common.copy")} title=${t("common.copy")} onClick=${() => copy(text)}>${icon("copy")}</button></span>`;
}

/** Only addresses of the web become links. @param {string} text */
function comment(text) {
  if (!text) return "–";
  if (/^https?:\/\/\S+$/u.test(text)) return html`<a href=${text} target="_blank" rel="noopener noreferrer nofollow"><bdi>${plain(text)}</bdi></a>`;
  return html`<bdi class="comment">${plain(text).slice(0, 4000)}</bdi>`;
}

/** @param {number | null} limit */
function limited(limit) {
  return limit ? ` (${t("detail.limit", { limit: `${bytes(limit)}/s` })})` : "";
}

/** @param {{ torrent: Torrent }} props */
export function General({ torrent }) {
  const pieces = useResource(`/v1/torrents/${torrent.id}/pieces`, { every: torrent.remaining > 0 && torrent.download_rate > 0 ? 5 : 0, inputs: [torrent.pieces_have] });
  const trackers = useResource(`/v1/torrents/${torrent.id}/trackers`, { inputs: [torrent.state] });
  const server = useStore(stats);
  const limits = torrent.share_limits_in_force ?? {};
  return html`<div class="general">
    <${PieceMap} pieces=${pieces.data} availability=${torrent.availability} />
    <${Diagnosis} torrent=${torrent} trackers=${trackers.data?.trackers ?? null} stats=${server} />
    <div class="grid-2">
      <${Facts}
        title="transfer"
        facts=${[
          ["downloaded", `${bytes(torrent.downloaded)} (${t("detail.session", { amount: bytes(torrent.downloaded_session) })})`],
          ["uploaded", `${bytes(torrent.uploaded)} (${t("detail.session", { amount: bytes(torrent.uploaded_session) })})`],
          ["download_rate", rateOrZero(torrent.download_rate) + limited(torrent.download_limit)],
          ["upload_rate", rateOrZero(torrent.upload_rate) + limited(torrent.upload_limit)],
          ["eta", torrent.remaining > 0 ? duration(torrent.eta) : "–"],
          ["ratio", ratio(torrent.ratio) + (limits["ratio"] !== null && limits["ratio"] !== undefined ? ` (${t("detail.limit", { limit: ratio(limits["ratio"]) })})` : "")],
          ["wasted", bytes(torrent.wasted)],
          ["seeds", t("detail.of_swarm", { here: torrent.seeds, swarm: torrent.swarm_seeds })],
          ["leechers", t("detail.of_swarm", { here: torrent.leechers, swarm: torrent.swarm_leechers })],
          ["connections", integer(torrent.connections)],
        ]}
      />
      <${Facts}
        title="times"
        facts=${[
          ["added_at", html`${dateTime(torrent.added_at)} <span class="muted">${relative(torrent.added_at)}</span>`],
          ["completed_at", dateTime(torrent.completed_at)],
          ["last_activity_at", torrent.last_activity_at ? relative(torrent.last_activity_at) : t("common.never")],
          ["last_seen_complete_at", torrent.last_seen_complete_at ? dateTime(torrent.last_seen_complete_at) : t("common.never")],
          ["active_time", duration(torrent.active_time)],
          ["seeding_time", duration(torrent.seeding_time)],
          ["next_announce_at", torrent.next_announce_at ? relative(torrent.next_announce_at) : "–"],
        ]}
      />
      <${Facts}
        title="content"
        facts=${[
          ["size", `${bytes(torrent.size)}${torrent.total_size !== null && torrent.total_size !== torrent.size ? ` (${t("detail.of_total", { total: bytes(torrent.total_size) })})` : ""}`],
          ["files", torrent.files === null ? "–" : integer(torrent.files)],
          ["pieces", torrent.pieces === null ? "–" : t("detail.pieces_of", { count: integer(torrent.pieces), size: bytes(torrent.piece_size) })],
          ["content_path", copied(torrent.content_path ?? torrent.save_path)],
          ["category", torrent.category ? html`<bdi>${plain(torrent.category)}</bdi>` : t("common.none")],
          ["tags", torrent.tags.length ? html`<span class="tag-list">${torrent.tags.map((tag) => html`<bdi class="chip">${plain(tag)}</bdi>`)}</span>` : t("common.none")],
        ]}
      />
      <${Facts}
        title="origin"
        facts=${[
          ["hash_v1", copied(torrent.info_hash_v1)],
          ...(torrent.info_hash_v2 ? [["hash_v2", copied(torrent.info_hash_v2)]] : []),
          ["magnet", html`<button type="button" class="button small" onClick=${() => copy(magnet(torrent))}>${icon("magnet")} ${t("torrents.copy.magnet")}</button>`],
          ["is_private", torrent.is_private === null ? "–" : torrent.is_private ? t("common.yes") : t("common.no")],
          ["created_at", dateTime(torrent.created_at)],
          ["created_by", torrent.created_by ? html`<bdi>${plain(torrent.created_by)}</bdi>` : "–"],
          ["comment", comment(torrent.comment)],
        ]}
      />
    </div>
  </div>`;
}
