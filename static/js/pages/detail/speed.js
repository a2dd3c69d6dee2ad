// The rates of a torrent since its details were opened.

import { on } from "../../core/events.js";
import { Chart } from "../../core/chart.js";
import { html, useEffect, useState } from "../../core/html.js";
import { t } from "../../core/i18n.js";

/** @typedef {{ at: number, down: number, up: number }} Sample */

/** Seconds that are kept, of the torrents that were looked at last. */
const KEPT = 15 * 60;
const MOST = 8;

/** @type {Map<string, Sample[]>} */
const samples = new Map();

/**
 * Notes the rates of a torrent each second.
 * @param {string} id
 * @param {{ download_rate: number, upload_rate: number } | null} torrent
 */
export function useSamples(id, torrent) {
  const [list, setList] = useState(/** @type {Sample[]} */ (samples.get(id) ?? []));
  const now = { current: torrent };
  useEffect(() => {
    now.current = torrent;
    const add = () => {
      if (!now.current) return;
      const kept = (samples.get(id) ?? []).filter((one) => one.at > Date.now() - KEPT * 1000);
      const next = [...kept, { at: Date.now(), down: now.current.download_rate, up: now.current.upload_rate }];
      samples.delete(id);
      samples.set(id, next);
      const [oldest] = samples.keys();
      if (samples.size > MOST && oldest) samples.delete(oldest);
      setList(next);
    };
    const timer = setInterval(add, 1000);
    return () => clearInterval(timer);
  }, [id, torrent?.download_rate, torrent?.upload_rate]);
  useEffect(() => on("resync", () => setList(samples.get(id) ?? [])), [id]);
  return list;
}

/** @param {{ samples: Sample[] }} props */
export function Speed({ samples: list }) {
  if (list.length < 2) return html`<p class="muted tab-content">${t("speed.waiting")}</p>`;
  return html`<div class="tab-content">
    <${Chart}
      label=${t("detail.tab.speed")}
      times=${list.map((one) => one.at)}
      series=${[
        { label: t("shell.download_rate"), color: "--down", values: list.map((one) => one.down) },
        { label: t("shell.upload_rate"), color: "--up", values: list.map((one) => one.up) },
      ]}
    />
    <p class="hint">${t("speed.hint")}</p>
  </div>`;
}
