// Who changed which setting, and the way back.

import { api, report } from "../../core/api.js";
import { author, dateTime, plain } from "../../core/format.js";
import { html, useEffect, useState } from "../../core/html.js";
import { t } from "../../core/i18n.js";
import { nameOf, shown } from "./model.js";

/** @typedef {{ revision: number, at: string, actor: string, origin: string | null, key: string, old: unknown, new: unknown }} Line */

const PAGE = 100;

/** A value of the history; none was the default. @param {string} key @param {unknown} value */
const worded = (key, value) => (value === null || value === undefined ? t("settings.default") : shown(key, value));

/** @param {{ revision: number, revert: (revision: number) => void }} props */
export function History({ revision, revert }) {
  const [lines, setLines] = useState(/** @type {Line[] | null} */ (null));
  const [hasMore, setMore] = useState(false);
  const read = async (/** @type {number | null} */ before) => {
    try {
      const page = await api.get("/v1/settings/history", { before, limit: PAGE });
      /** @type {Line[]} */
      const found = page.changes;
      setLines((old) => (before === null ? found : [...(old ?? []), ...found]));
      setMore(found.length === PAGE);
    } catch (error) {
      report(error);
    }
  };
  useEffect(() => void read(null), [revision]);
  if (!lines) return html`<p class="muted">${t("common.loading")}</p>`;
  if (lines.length === 0) return html`<div class="empty">${t("settings.no_history")}</div>`;
  /** @type {Map<number, Line[]>} */
  const groups = new Map();
  for (const line of lines) groups.set(line.revision, [...(groups.get(line.revision) ?? []), line]);
  return html`<ol class="history plain-list">
      ${[...groups].map(([number, changes]) => {
        const first = changes[0];
        return html`<li class="card" key=${number}>
          <div class="page-head">
            <h2>${t("settings.revision", { revision: number })}</h2>
            <button type="button" class="button small" onClick=${() => revert(number - 1)}>
              ${t("settings.revert_before")}<span class="visually-hidden"> (${number})</span>
            </button>
          </div>
          <p class="hint">
            ${dateTime(first?.at ?? "")} · <bdi>${author(first?.actor ?? "")}</bdi>${first?.origin ? ` · ${first.origin}` : ""}
          </p>
          <dl class="changes">
            ${changes.map(
              (line) => html`<div key=${line.key}>
                <dt>${nameOf(line.key)} <code>${line.key}</code></dt>
                <dd><bdi class="break">${plain(worded(line.key, line.old))}</bdi> → <bdi class="break">${plain(worded(line.key, line.new))}</bdi></dd>
              </div>`,
            )}
          </dl>
        </li>`;
      })}
    </ol>
    ${hasMore &&
    html`<button type="button" class="button" onClick=${() => read(lines[lines.length - 1]?.revision ?? null)}>
      ${t("common.show_more")}
    </button>`}`;
}
