// The details of one torrent, in tabs; only the open tab asks for anything.

import { api, Problem, isAborted, report } from "../core/api.js";
import { on } from "../core/events.js";
import { bytes, duration, plain, rateOrZero } from "../core/format.js";
import { html, useEffect, useRef, useState } from "../core/html.js";
import { t } from "../core/i18n.js";
import { icon } from "../core/icon.js";
import { MenuButton } from "../core/menu.js";
import { TabPanel, Tabs } from "../core/tabs.js";
import { Files } from "./detail/files.js";
import { General } from "./detail/general.js";
import { History } from "./detail/history.js";
import { OptionsForm } from "./detail/options.js";
import { Speed, useSamples } from "./detail/speed.js";
import { Peers, Trackers, WebSeeds } from "./detail/swarm.js";
import { run } from "./torrents/actions.js";
import { progressBar, stateMark } from "./torrents/columns.js";
import { menuOf } from "./torrents/menu.js";
import { advanced, isStopped } from "./torrents/types.js";

/** @typedef {import("./torrents/types.js").Torrent} Torrent */

const ICONS = { general: "info", files: "folder", trackers: "radio-tower", peers: "users", webseeds: "globe", speed: "chart-line", options: "sliders-horizontal", history: "history" };
const TABS = /** @type {(keyof typeof ICONS)[]} */ (Object.keys(ICONS));

/** Milliseconds between two looks at the whole torrent while its numbers change. */
const PACE = 4000;

/** The torrent, kept true by events. @param {string} id */
function useTorrent(id) {
  const [torrent, setTorrent] = useState(/** @type {Torrent | null} */ (null));
  const [isGone, setIsGone] = useState(false);
  const last = useRef(0);
  useEffect(() => {
    let isCurrent = true;
    const load = async () => {
      last.current = Date.now();
      try {
        const read = await api.get(`/v1/torrents/${id}`);
        if (isCurrent) setTorrent(read);
      } catch (error) {
        if (error instanceof Problem && (error.status === 404 || error.status === 422) && isCurrent) setIsGone(true);
        else if (!isAborted(error) && !(error instanceof Problem && error.isOffline)) report(error);
      }
    };
    void load();
    const ends = [
      on("*", (data, type) => {
        if (type === "resync" || type === "acted") void load();
        else if (data.torrent !== id) return;
        else if (type === "torrent_removed") setIsGone(true);
        else void load();
      }),
      on("progress", ({ torrents }) => {
        const news = torrents.find((/** @type {{ torrent: string }} */ one) => one.torrent === id);
        if (!news) return;
        setTorrent((old) => old && advanced(old, news));
        if (news.edited || Date.now() - last.current > PACE) void load();
      }),
    ];
    return () => {
      isCurrent = false;
      ends.forEach((end) => end());
    };
  }, [id]);
  return { torrent, isGone };
}

/** @param {{ id: string, tab: string, isPage: boolean, onTab: (tab: string) => void, onClose: () => void }} props */
export function Detail({ id, tab, isPage, onTab, onClose }) {
  const { torrent, isGone } = useTorrent(id);
  const samples = useSamples(id, torrent);
  const frame = useRef(/** @type {HTMLDivElement | null} */ (null));
  const selected = Object.hasOwn(ICONS, tab) ? tab : "general";
  const close = html`<button type="button" class="icon-button" aria-label=${isPage ? t("common.back") : t("detail.close")} title=${isPage ? t("common.back") : t("detail.close")} onClick=${onClose}>${icon(isPage ? "arrow-left" : "x")}</button>`;
  if (isGone) {
    return html`<div class="detail"><header class="detail-head">${close}</header><div class="empty">${icon("trash-2")}<p>${t("detail.gone")}</p><button type="button" class="button" onClick=${onClose}>${t("common.close")}</button></div></div>`;
  }
  if (!torrent) return html`<div class="detail" aria-busy="true"><header class="detail-head">${close}</header></div>`;
  /** @type {import("./torrents/actions.js").Target} */
  const target = { count: 1, ids: [id], filter: {}, first: torrent, find: () => torrent };
  const counts = /** @type {Record<string, number | null>} */ ({ trackers: torrent.trackers, peers: torrent.connections, files: torrent.files, webseeds: torrent.web_seeds });
  const height = Math.max(220, (frame.current?.clientHeight ?? 420) - 150);
  return html`<div class="detail" ref=${frame}>
    <header class="detail-head">
      ${isPage && close}
      <div class="detail-title">
        <h2 title=${plain(torrent.name).slice(0, 1000)}><bdi>${plain(torrent.name).slice(0, 400)}</bdi></h2>
        <div class="detail-line">
          ${stateMark(torrent)} <span class="detail-progress">${progressBar(torrent)}</span>
          <span class="rate-down">↓ ${rateOrZero(torrent.download_rate)}</span><span class="rate-up">↑ ${rateOrZero(torrent.upload_rate)}</span>
          <span class="muted">${bytes(torrent.size)}${torrent.eta !== null ? ` · ${duration(torrent.eta)}` : ""}</span>
        </div>
      </div>
      ${isStopped(torrent)
        ? html`<button type="button" class="icon-button" aria-label=${t("torrents.action.start")} title=${t("torrents.action.start")} onClick=${() => run(target, "start")}>${icon("play")}</button>`
        : html`<button type="button" class="icon-button" aria-label=${t("torrents.action.stop")} title=${t("torrents.action.stop")} onClick=${() => run(target, "stop")}>${icon("pause")}</button>`}
      <${MenuButton} label=${t("torrents.actions")} items=${() => menuOf(target, { removed: onClose })} />
      ${!isPage && close}
    </header>
    <${Tabs} id="detail" label=${t("detail.title")} selected=${selected} onSelect=${onTab} tabs=${TABS.map((name) => ({ id: name, label: t(`detail.tab.${name}`), icon: ICONS[name], count: counts[name] || null }))} />
    <${TabPanel} id="detail" selected=${selected}>
      ${selected === "general" && html`<${General} torrent=${torrent} />`}
      ${selected === "files" && html`<${Files} torrent=${torrent} height=${height} />`}
      ${selected === "trackers" && html`<${Trackers} id=${id} />`}
      ${selected === "peers" && html`<${Peers} id=${id} />`}
      ${selected === "webseeds" && html`<${WebSeeds} id=${id} />`}
      ${selected === "speed" && html`<${Speed} samples=${samples} />`}
      ${selected === "options" && html`<${OptionsForm} id=${id} />`}
      ${selected === "history" && html`<${History} id=${id} />`}
    <//>
  </div>`;
}
