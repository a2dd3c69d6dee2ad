// Where data comes from: trackers, peers, web seeds.

import { api } from "../../core/api.js";
import { ask, confirm } from "../../core/dialog.js";
import { Progress } from "../../core/field.js";
import { bytes, integer, percent, plain, rate, relative } from "../../core/format.js";
import { html } from "../../core/html.js";
import { locale, t } from "../../core/i18n.js";
import { icon } from "../../core/icon.js";
import { MenuButton } from "../../core/menu.js";
import { Table } from "../../core/table.js";
import { toast } from "../../core/toast.js";
import { copy } from "../torrents/actions.js";
import { attempt, useResource, Waiting } from "./resource.js";

/** @typedef {{ url: string, tier: number, status: string, message: string, is_updating: boolean, peers: number | null, seeds: number | null, leechers: number | null, downloaded: number | null, next_announce_at: string | null, endpoints: { address: string, protocol: number, status: string, message: string }[] }} Tracker */
/** @typedef {Record<string, any> & { address: string, client: string, progress: number, download_rate: number, upload_rate: number, downloaded: number, uploaded: number }} Peer */

/** @param {string} text */
const lines = (text) => text.split(/\s+/u).filter(Boolean);

const BADGES = /** @type {Record<string, string>} */ ({ working: "badge-ok", not_contacted: "badge-muted", not_working: "badge-warn", refused: "badge-error", unreachable: "badge-error" });

/** @param {number | null} number */
const known = (number) => (number === null ? "–" : integer(number));

/** @param {{ id: string }} props */
export function Trackers({ id }) {
  const path = `/v1/torrents/${id}/trackers`;
  const { data, error, set, reload } = useResource(path, { every: 5 });
  const add = async () => {
    const text = await ask({ title: t("trackers.add"), label: t("trackers.urls"), hint: t("trackers.hint"), multiline: true, confirm: t("common.add") });
    if (!text) return;
    await attempt(async () => set(await api.post(path, { trackers: lines(text).map((url) => ({ url })) })));
  };
  const edit = async (/** @type {Tracker} */ tracker) => {
    const url = (await ask({ title: t("trackers.edit"), label: "URL", value: tracker.url, confirm: t("common.save") }))?.trim();
    if (url && url !== tracker.url) await attempt(async () => set(await api.patch(path, { url: tracker.url, new_url: url })));
  };
  const shift = (/** @type {Tracker} */ tracker, /** @type {number} */ tier) => attempt(async () => set(await api.patch(path, { url: tracker.url, tier })));
  const drop = async (/** @type {Tracker} */ tracker) => {
    if (!(await confirm({ title: t("trackers.remove"), text: html`<bdi class="mono">${plain(tracker.url)}</bdi>`, confirm: t("common.remove"), danger: true }))) return;
    await attempt(async () => set(await api.delete(path, { url: tracker.url })));
  };
  const announce = async (/** @type {string[] | undefined} */ urls) => {
    if (await attempt(() => api.post(`/v1/torrents/${id}/action`, { action: "reannounce", ...(urls && { trackers: urls }) }))) {
      toast({ text: t("trackers.announced"), kind: "success" });
      await reload();
    }
  };
  const columns = [
    {
      id: "url", label: "URL", main: true, sort: (/** @type {Tracker} */ row) => row.url,
      cell: (/** @type {Tracker} */ row) => html`<bdi class="mono">${plain(row.url)}</bdi>${row.message && html`<p class="hint" dir="auto">${plain(row.message)}</p>`}
        ${row.endpoints.length > 1 && html`<details class="endpoints"><summary>${t("trackers.endpoints", { count: row.endpoints.length })}</summary><ul>${row.endpoints.map((one) => html`<li><bdi class="mono">${one.address}</bdi> · v${one.protocol} · ${t(`trackers.status.${one.status}`)}${one.message && html` · <bdi>${plain(one.message)}</bdi>`}</li>`)}</ul></details>`}`,
    },
    { id: "status", label: t("trackers.status"), sort: (/** @type {Tracker} */ row) => row.status, cell: (/** @type {Tracker} */ row) => html`<span class=${`badge ${BADGES[row.status] ?? ""}`}>${row.is_updating ? t("trackers.updating") : t(`trackers.status.${row.status}`)}</span>` },
    { id: "tier", label: t("trackers.tier"), number: true, sort: (/** @type {Tracker} */ row) => row.tier, cell: (/** @type {Tracker} */ row) => integer(row.tier) },
    { id: "seeds", label: t("torrents.column.seeds"), number: true, sort: (/** @type {Tracker} */ row) => row.seeds, cell: (/** @type {Tracker} */ row) => known(row.seeds) },
    { id: "leechers", label: t("trackers.leechers"), number: true, sort: (/** @type {Tracker} */ row) => row.leechers, cell: (/** @type {Tracker} */ row) => known(row.leechers) },
    { id: "downloaded", label: t("trackers.downloaded"), number: true, sort: (/** @type {Tracker} */ row) => row.downloaded, cell: (/** @type {Tracker} */ row) => known(row.downloaded) },
    { id: "next", label: t("detail.fact.next_announce_at"), sort: (/** @type {Tracker} */ row) => row.next_announce_at, cell: (/** @type {Tracker} */ row) => (row.next_announce_at ? relative(row.next_announce_at) : "–") },
    {
      id: "actions", label: t("torrents.actions"), actions: true,
      cell: (/** @type {Tracker} */ row) => html`<${MenuButton} label=${t("trackers.actions", { url: plain(row.url).slice(0, 80) })} items=${() => [
        { label: t("torrents.action.reannounce"), icon: "radio-tower", run: () => announce([row.url]) },
        { label: t("common.copy"), icon: "copy", run: () => copy(row.url) },
        { label: t("common.edit"), icon: "pencil", run: () => edit(row) },
        { label: t("trackers.tier_up"), icon: "arrow-up", disabled: row.tier === 0, run: () => shift(row, row.tier - 1) },
        { label: t("trackers.tier_down"), icon: "arrow-down", disabled: row.tier >= 255, run: () => shift(row, row.tier + 1) },
        { label: t("common.remove"), icon: "trash-2", danger: true, run: () => drop(row) },
      ]} />`,
    },
  ];
  return html`<div class="tab-content">
    <div class="toolbar">
      <button type="button" class="button small" onClick=${add}>${icon("plus")} ${t("trackers.add")}</button>
      <button type="button" class="button small" onClick=${() => announce(undefined)}>${icon("radio-tower")} ${t("trackers.announce_all")}</button>
    </div>
    ${!data && html`<${Waiting} error=${error} reload=${reload} />`}
    ${data && html`<${Table} label=${t("detail.tab.trackers")} columns=${columns} rows=${data.trackers} id=${(/** @type {Tracker} */ row) => row.url} empty=${t("trackers.empty")} />`}
  </div>`;
}

const BANNED = "filter.banned_addresses";

/** The address without its port. @param {string} address `1.2.3.4:5` or `[::1]:5` */
const hostOf = (address) => address.replace(/:\d+$/u, "").replace(/^\[|\]$/gu, "");

/** The flag of a country as letters of the alphabet of flags. @param {string} code */
function flag(code) {
  return String.fromCodePoint(...[...code.toUpperCase()].map((letter) => 0x1f1e6 + letter.charCodeAt(0) - 65));
}

/** @param {string} code */
function countryName(code) {
  try {
    return new Intl.DisplayNames(locale(), { type: "region" }).of(code.toUpperCase()) ?? code;
  } catch {
    return code;
  }
}

/** What goes on with a peer, as short signs with words. @param {Peer} peer */
function signs(peer) {
  /** @type {[boolean, string, string][]} */
  const all = [
    [peer["is_interesting"] && !peer["remote_choked"], "D", "downloading"],
    [peer["is_interesting"] && peer["remote_choked"], "d", "choked_by"],
    [peer["remote_interested"] && !peer["is_choked"], "U", "uploading"],
    [peer["remote_interested"] && peer["is_choked"], "u", "choking"],
    [peer["is_snubbed"], "S", "snubbed"],
    [peer["is_incoming"], "I", "incoming"],
    [peer["is_encrypted"], "E", "encrypted"],
    [peer["connection"] === "utp", "P", "utp"],
    [peer["from_dht"], "H", "dht"],
    [peer["from_pex"], "X", "pex"],
    [peer["from_lsd"], "L", "lsd"],
  ];
  return html`<span class="signs">${all.filter(([is]) => is).map(([, letter, word]) => html`<abbr class="sign" title=${t(`peers.sign.${word}`)}>${letter}<span class="visually-hidden"> ${t(`peers.sign.${word}`)}, </span></abbr>`)}</span>`;
}

/** @param {{ id: string }} props */
export function Peers({ id }) {
  const path = `/v1/torrents/${id}/peers`;
  const { data, error, reload } = useResource(path, { every: 2 });
  const add = async () => {
    const text = await ask({ title: t("peers.add"), label: t("peers.addresses"), hint: t("peers.hint"), multiline: true, confirm: t("common.add") });
    if (!text) return;
    await attempt(async () => {
      const { added } = await api.post(path, { peers: lines(text) });
      toast({ text: t("peers.added", { count: added }), kind: "success" });
      await reload();
    });
  };
  const ban = async (/** @type {Peer} */ peer) => {
    const address = hostOf(peer.address);
    const text = html`<p><bdi class="mono">${address}</bdi></p><p>${t("peers.ban_text")}</p>`;
    if (!(await confirm({ title: t("peers.ban"), text, confirm: t("peers.ban"), danger: true }))) return;
    await attempt(async () => {
      const { revision, effective } = await api.get("/v1/settings");
      const banned = [...effective[BANNED].filter((/** @type {string} */ one) => one !== address), address];
      await api.patch("/v1/settings", { [BANNED]: banned }, { ifMatch: `"${revision}"` });
      toast({ text: t("peers.banned", { address }), kind: "success" });
      await reload();
    });
  };
  const peers = /** @type {Peer[]} */ (data?.peers ?? []);
  const hasCountries = peers.some((peer) => peer["country"]);
  const number = (/** @type {string} */ member, /** @type {(value: number) => string} */ format) => ({
    id: member, label: t(`peers.${member}`), number: true, sort: (/** @type {Peer} */ row) => row[member], cell: (/** @type {Peer} */ row) => format(row[member]),
  });
  const country = {
    id: "country", label: t("peers.country"), sort: (/** @type {Peer} */ row) => row["country"],
    cell: (/** @type {Peer} */ row) => (row["country"] ? html`<span title=${countryName(row["country"])}>${flag(row["country"])} ${countryName(row["country"])}</span>` : ""),
  };
  const columns = [
    { id: "address", label: t("peers.address"), main: true, sort: (/** @type {Peer} */ row) => row.address, cell: (/** @type {Peer} */ row) => html`<bdi class="mono peer-word">${plain(row.address)}</bdi>` },
    ...(hasCountries ? [country] : []),
    { id: "client", label: t("peers.client"), sort: (/** @type {Peer} */ row) => row.client, cell: (/** @type {Peer} */ row) => html`<bdi class="ellipsis peer-word" title=${plain(row.client)}>${plain(row.client).slice(0, 80)}</bdi>` },
    { id: "signs", label: t("peers.flags"), cell: signs },
    { id: "progress", label: t("torrents.column.progress"), sort: (/** @type {Peer} */ row) => row.progress, cell: (/** @type {Peer} */ row) => html`<span class="progress-cell"><${Progress} share=${row.progress} label=${t("torrents.column.progress")} /><span>${percent(row.progress)}</span></span>` },
    number("download_rate", rate),
    number("upload_rate", rate),
    number("downloaded", bytes),
    number("uploaded", bytes),
    { id: "files", label: t("peers.files"), cell: (/** @type {Peer} */ row) => html`<bdi class="ellipsis peer-file">${plain((row["files"] ?? []).join(", ")).slice(0, 200)}</bdi>` },
    {
      id: "actions", label: t("torrents.actions"), actions: true,
      cell: (/** @type {Peer} */ row) => html`<${MenuButton} label=${t("peers.actions", { address: plain(row.address) })} items=${() => [
        { label: t("common.copy"), icon: "copy", run: () => copy(row.address) },
        { label: t("peers.ban"), icon: "ban", danger: true, run: () => ban(row) },
      ]} />`,
    },
  ];
  return html`<div class="tab-content">
    <div class="toolbar"><button type="button" class="button small" onClick=${add}>${icon("plus")} ${t("peers.add")}</button></div>
    ${!data && html`<${Waiting} error=${error} reload=${reload} />`}
    ${data && html`<${Table} label=${t("detail.tab.peers")} columns=${columns} rows=${peers} id=${(/** @type {Peer} */ row) => `${row.address} ${row["connection"]}`} empty=${t("peers.empty")} sort="download_rate" descending />`}
  </div>`;
}

/** @param {{ id: string }} props */
export function WebSeeds({ id }) {
  const path = `/v1/torrents/${id}/web-seeds`;
  const { data, error, set, reload } = useResource(path);
  const add = async () => {
    const text = await ask({ title: t("webseeds.add"), label: t("trackers.urls"), hint: t("trackers.hint"), multiline: true, confirm: t("common.add") });
    if (text) await attempt(async () => set(await api.post(path, { urls: lines(text) })));
  };
  const drop = async (/** @type {string} */ url) => {
    if (!(await confirm({ title: t("webseeds.remove"), text: html`<bdi class="mono">${plain(url)}</bdi>`, confirm: t("common.remove"), danger: true }))) return;
    await attempt(async () => set(await api.delete(path, { url })));
  };
  const columns = [
    { id: "url", label: "URL", main: true, sort: (/** @type {string} */ url) => url, cell: (/** @type {string} */ url) => html`<bdi class="mono">${plain(url)}</bdi>` },
    {
      id: "actions", label: t("torrents.actions"), actions: true,
      cell: (/** @type {string} */ url) => html`<button type="button" class="icon-button small" aria-label=${t("common.copy")} onClick=${() => copy(url)}>${icon("copy")}</button>
        <button type="button" class="icon-button small" aria-label=${t("common.remove")} onClick=${() => drop(url)}>${icon("trash-2")}</button>`,
    },
  ];
  return html`<div class="tab-content">
    <div class="toolbar"><button type="button" class="button small" onClick=${add}>${icon("plus")} ${t("webseeds.add")}</button></div>
    ${!data && html`<${Waiting} error=${error} reload=${reload} />`}
    ${data && html`<${Table} label=${t("detail.tab.webseeds")} columns=${columns} rows=${data.urls} id=${(/** @type {string} */ url) => url} empty=${t("webseeds.empty")} />`}
  </div>`;
}
