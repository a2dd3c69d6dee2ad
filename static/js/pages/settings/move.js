// A change of address, port or HTTPS takes the web server away from under the page: the page follows, or says where it went.

import { api } from "../../core/api.js";
import { openDialog } from "../../core/dialog.js";
import { html } from "../../core/html.js";
import { t } from "../../core/i18n.js";

/** @typedef {{ address: string, port: number, https: boolean }} WebServer as `/v1/settings` tells it */
/** @typedef {Pick<Location, "protocol" | "hostname" | "port" | "pathname" | "hash">} Here */

const EVERYWHERE = ["", "*", "0.0.0.0", "::"];

/** How long the old address may go on answering, in milliseconds. */
const PATIENCE = 10_000;

/** @param {string} host */
const isLoopback = (host) => host === "localhost" || host === "[::1]" || host === "::1" || host.startsWith("127.");

/**
 * What becomes of the page: it stays, it goes to a URL, or there is only something to say.
 * @param {WebServer} before
 * @param {WebServer} now
 * @param {Here} here
 * @returns {{ url: string } | { text: string } | null}
 */
export function destination(before, now, here) {
  const port = Number(here.port || (here.protocol === "https:" ? 443 : 80));
  // A page that came by another way is served by a proxy or by a further listener.
  if (before.port !== 0 && port !== before.port) {
    return now.port === before.port && now.https === before.https ? null : { text: t("settings.moved_behind", { port: String(now.port) }) };
  }
  if (now.port === 0) return { text: t("settings.moved_somewhere") };
  const isNarrowed = now.address !== before.address && !EVERYWHERE.includes(now.address);
  if (isNarrowed && isLoopback(now.address) && !isLoopback(here.hostname)) return { text: t("settings.moved_inside", { address: now.address }) };
  const isOther = isNarrowed && !isLoopback(now.address) && now.address !== here.hostname;
  const host = !isOther ? here.hostname : now.address.includes(":") ? `[${now.address}]` : now.address;
  const origin = new URL(`${now.https ? "https" : "http"}://${host}:${now.port}`).origin;
  const old = new URL(`${here.protocol}//${here.hostname}:${port}`).origin;
  return origin === old ? null : { url: origin + here.pathname + here.hash };
}

/** Waits until the old address is silent: the server leaves it once the new one is open. */
async function oldIsSilent() {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end) {
    try {
      await api.get("/v1/health/live");
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/**
 * Follows the web server after a change of settings.
 * @param {Record<string, unknown>} effective the settings that were in force
 * @param {WebServer | null} now where the server goes, if it moves
 */
export function follow(effective, now) {
  if (!now) return;
  const before = {
    address: String(effective["webui.address"] ?? ""),
    port: Number(effective["webui.port"]),
    https: effective["webui.https_enabled"] === true,
  };
  const to = destination(before, now, location);
  if (!to) return;
  const url = "url" in to ? to.url : "";
  void openDialog({ title: t("settings.moved"), size: "small" }, (close) => html`
    <div class="dialog-text">
      ${"text" in to ? to.text : html`<p>${t("settings.moved_to")}</p><p><a class="break" href=${url}>${url}</a></p>`}
    </div>
    <div class="dialog-actions"><button type="button" class="button" onClick=${() => close()}>${t("common.close")}</button></div>
  `);
  if (url) void oldIsSilent().then(() => location.assign(url));
}
