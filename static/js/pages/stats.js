// Numbers of the whole server: now, today, of all time; and the throughput of the near past as charts.

import { api, report } from "../core/api.js";
import { Chart } from "../core/chart.js";
import { bytes, dateTime, integer, ratio, rateOrZero } from "../core/format.js";
import { html, useEffect, useMemo, useState } from "../core/html.js";
import { t } from "../core/i18n.js";
import { link } from "../core/router.js";
import { TabPanel, Tabs } from "../core/tabs.js";

/** @typedef {{ step: number, until: string, download: number[], upload: number[] }} Series */
/** @typedef {{ today: { since: string, downloaded: number, uploaded: number }, seconds: Series, minutes: Series }} Throughput */

const PAUSE = 2_000;

/** @param {{ label: string, series: Series }} props */
function Past({ label, series }) {
  const times = useMemo(() => {
    const end = Date.parse(series.until);
    const count = series.download.length;
    return series.download.map((_, place) => end - (count - 1 - place) * series.step * 1000);
  }, [series]);
  const lines = useMemo(
    () => [
      { label: t("stats.download"), color: "--down", values: series.download },
      { label: t("stats.upload"), color: "--up", values: series.upload },
    ],
    [series],
  );
  if (times.length < 2) return html`<div class="empty">${t("stats.too_early")}</div>`;
  return html`<${Chart} label=${label} times=${times} series=${lines} format=${rateOrZero} />`;
}

/** @param {{ title: string, facts: [string, import("../core/html.js").Child][], note?: string }} props */
function Facts({ title, facts, note }) {
  return html`<section class="card">
    <h2>${title}</h2>
    <dl class="facts">${facts.map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${value}</dd>`)}</dl>
    ${note && html`<p class="hint">${note}</p>`}
  </section>`;
}

export default function Stats() {
  const [stats, setStats] = useState(/** @type {any} */ (null));
  const [past, setPast] = useState(/** @type {Throughput | null} */ (null));
  const [tab, setTab] = useState("seconds");
  useEffect(() => {
    let hasFailed = false;
    const look = () => {
      if (document.hidden) return;
      Promise.all([api.get("/v1/stats"), api.get("/v1/stats/throughput")]).then(
        ([numbers, throughput]) => {
          hasFailed = false;
          setStats(numbers);
          setPast(throughput);
        },
        (error) => {
          // Told once; the frame of the page shows that the server is away.
          if (!hasFailed) report(error);
          hasFailed = true;
        },
      );
    };
    look();
    const timer = setInterval(look, PAUSE);
    return () => clearInterval(timer);
  }, []);
  if (!stats || !past) return html`<div class="page"><h1>${t("nav.stats")}</h1><p class="muted">${t("common.loading")}</p></div>`;
  /** @param {number | null} limit */
  const limit = (limit) => (limit === null ? t("common.unlimited") : rateOrZero(limit));
  const share = (/** @type {number} */ up, /** @type {number} */ down) => (down > 0 ? ratio(up / down) : "–");
  const states = Object.entries(/** @type {Record<string, number>} */ (stats.states)).sort((a, b) => b[1] - a[1]);
  return html`<div class="page">
    <h1>${t("nav.stats")}</h1>
    <section class="card" aria-labelledby="stats-throughput">
      <h2 id="stats-throughput">${t("stats.throughput")}</h2>
      <${Tabs}
        id="past"
        label=${t("stats.throughput")}
        selected=${tab}
        onSelect=${setTab}
        tabs=${[
          { id: "seconds", label: t("stats.ten_minutes") },
          { id: "minutes", label: t("stats.day") },
        ]}
      />
      <${TabPanel} id="past" selected=${tab}>
        <${Past} key=${tab} label=${t(tab === "seconds" ? "stats.ten_minutes" : "stats.day")} series=${tab === "seconds" ? past.seconds : past.minutes} />
      <//>
    </section>
    <div class="cards">
      <${Facts}
        title=${t("stats.now")}
        facts=${[
          [t("stats.download"), rateOrZero(stats.download_rate)],
          [t("stats.upload"), rateOrZero(stats.upload_rate)],
          [t("stats.download_limit"), limit(stats.download_limit)],
          [t("stats.upload_limit"), limit(stats.upload_limit)],
          [t("stats.peers"), integer(stats.peers)],
          [t("stats.dht"), integer(stats.dht_nodes)],
          [t("stats.connection"), t(`connection.${stats.connection}`)],
          [t("stats.addresses"), stats.external_addresses.join(", ") || "–"],
        ]}
      />
      <${Facts}
        title=${t("stats.today")}
        facts=${[
          [t("stats.downloaded"), bytes(past.today.downloaded)],
          [t("stats.uploaded"), bytes(past.today.uploaded)],
          [t("stats.ratio"), share(past.today.uploaded, past.today.downloaded)],
        ]}
        note=${t("stats.since", { when: dateTime(past.today.since) })}
      />
      <${Facts}
        title=${t("stats.session")}
        facts=${[
          [t("stats.downloaded"), bytes(stats.downloaded)],
          [t("stats.uploaded"), bytes(stats.uploaded)],
          [t("stats.ratio"), share(stats.uploaded, stats.downloaded)],
          [t("stats.wasted"), bytes(stats.wasted)],
        ]}
        note=${t("stats.session_note")}
      />
      <${Facts}
        title=${t("stats.all_time")}
        facts=${[
          [t("stats.downloaded"), bytes(stats.all_time_downloaded)],
          [t("stats.uploaded"), bytes(stats.all_time_uploaded)],
          [t("stats.ratio"), share(stats.all_time_uploaded, stats.all_time_downloaded)],
        ]}
        note=${t("stats.all_time_note")}
      />
      <${Facts}
        title=${t("stats.disk")}
        facts=${[
          [t("stats.free"), stats.free_space === null ? "–" : bytes(stats.free_space)],
          [t("stats.jobs"), integer(stats.queued_disk_jobs)],
          [t("stats.wait"), `${integer(Math.round(stats.average_disk_wait * 1000))} ms`],
          [t("stats.buffer"), bytes(stats.disk_buffer)],
        ]}
      />
      <section class="card">
        <h2>${t("nav.torrents")} (${integer(stats.torrents)})</h2>
        ${states.length === 0 && html`<p class="muted">${t("common.none")}</p>`}
        <dl class="facts">
          ${states.map(
            ([state, count]) => html`<dt key=${state}><a href=${link(["torrents"], { state })}>${t(`state.${state}`)}</a></dt>
              <dd>${integer(count)}</dd>`,
          )}
        </dl>
      </section>
    </div>
  </div>`;
}
