// How the server and its parts are.

import { api, report } from "../core/api.js";
import { on } from "../core/events.js";
import { dateTime, duration, plain } from "../core/format.js";
import { html, useEffect, useState } from "../core/html.js";
import { icon } from "../core/icon.js";
import { t, tOr } from "../core/i18n.js";

/** @typedef {"ok" | "starting" | "degraded" | "failed"} Status */
/** @typedef {{ name: string, status: Status, reason: string | null, latency: number | null }} Part */
/** @typedef {{ status: Status, version: string, started_at: string, uptime: number, parts: Part[] }} State */

const PAUSE = 10_000;
const BADGES = { ok: "badge-ok", starting: "badge-muted", degraded: "badge-warn", failed: "badge-error" };
const ICONS = { ok: "circle-check", starting: "clock", degraded: "circle-alert", failed: "circle-x" };

/** @param {{ status: Status }} props */
function Sign({ status }) {
  return html`<span class=${`badge ${BADGES[status]}`}>${icon(ICONS[status])} ${t(`health.${status}`)}</span>`;
}

export default function Health() {
  const [health, setHealth] = useState(/** @type {State | null} */ (null));
  useEffect(() => {
    const look = () => void api.get("/v1/health").then(setHealth, report);
    look();
    const timer = setInterval(look, PAUSE);
    const end = on(["health_changed", "resync"], look);
    return () => {
      clearInterval(timer);
      end();
    };
  }, []);
  if (!health) return html`<div class="page"><h1>${t("nav.health")}</h1><p class="muted">${t("common.loading")}</p></div>`;
  return html`<div class="page">
    <div class="page-head"><h1>${t("nav.health")}</h1><div role="status"><${Sign} status=${health.status} /></div></div>
    <section class="card" aria-labelledby="health-server">
      <h2 id="health-server">${t("health.server")}</h2>
      <dl class="facts">
        <dt>${t("health.version")}</dt>
        <dd>${health.version}</dd>
        <dt>${t("health.started")}</dt>
        <dd>${dateTime(health.started_at)}</dd>
        <dt>${t("health.uptime")}</dt>
        <dd>${duration(health.uptime)}</dd>
      </dl>
    </section>
    <ul class="cards plain-list">
      ${health.parts.map(
        (part) => html`<li class="card" key=${part.name}>
          <h2>${tOr(`health.part.${part.name}`, part.name)}</h2>
          <p><${Sign} status=${part.status} /></p>
          <p class="hint">${tOr(`health.about.${part.name}`, "")}</p>
          ${part.reason && html`<p class="notice notice-warn"><bdi>${plain(part.reason)}</bdi></p>`}
          ${part.latency !== null &&
          html`<p class="muted small-text">${t("health.latency", { ms: Math.round(part.latency * 10_000) / 10 })}</p>`}
        </li>`,
      )}
    </ul>
    <p class="hint">${t("health.metrics")} <a href="./metrics"><code>/metrics</code></a></p>
  </div>`;
}
