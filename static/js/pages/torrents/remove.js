// Taking torrents out: the dialog says what will go, file by file, before anything does.

import { api, report } from "../../core/api.js";
import { Switch } from "../../core/field.js";
import { openDialog } from "../../core/dialog.js";
import { tell } from "../../core/events.js";
import { bytes, plain } from "../../core/format.js";
import { html, useEffect, useState } from "../../core/html.js";
import { t } from "../../core/i18n.js";
import { icon } from "../../core/icon.js";
import { toast } from "../../core/toast.js";
import { filtersOf, MOST_LISTED, naming } from "./actions.js";

/** @typedef {import("./actions.js").Target} Target */
/** @typedef {{ id: string, name: string, files: { path: string, size: number }[] }} Going */

/** Torrents and files that the dialog shows. */
const SHOWN_TORRENTS = 50;
const SHOWN_FILES = 200;

/** @param {{ target: Target, close: (result?: any) => void }} props */
function Question({ target, close }) {
  const [withData, setWithData] = useState(false);
  const [going, setGoing] = useState(/** @type {Going[] | null} */ (null));
  const isListed = target.count <= MOST_LISTED;

  useEffect(() => {
    let isCurrent = true;
    const [filter] = filtersOf(target);
    api.post("/v1/torrents/remove", { filter, with_data: isListed, dry_run: true })
      .then((answer) => isCurrent && setGoing(answer.torrents))
      .catch(report);
    return () => {
      isCurrent = false;
    };
  }, []);

  const files = (going ?? []).reduce((sum, one) => sum + one.files.length, 0);
  const size = (going ?? []).reduce((sum, one) => one.files.reduce((part, file) => part + file.size, sum), 0);
  let left = SHOWN_FILES;
  return html`<div class="remove-dialog">
    <p>${t(withData ? "torrents.remove.lead_data" : "torrents.remove.lead", { torrents: naming(target), count: target.count })}</p>
    <${Switch} id="remove-data" label=${t("torrents.remove.with_data")} checked=${withData} onChange=${setWithData} />
    ${withData &&
    html`<p class="notice notice-error">
      ${icon("triangle-alert")}
      <span>${isListed && going ? t("torrents.remove.files", { count: files, size: bytes(size) }) : t("torrents.remove.all_files")}</span>
    </p>`}
    <div class="remove-list" tabindex="0" role="group" aria-label=${t("torrents.remove.list")} aria-busy=${String(!going)}>
      ${!going && html`<p class="muted">${t("common.loading")}</p>`}
      ${(going ?? []).slice(0, SHOWN_TORRENTS).map((one) => {
        const shown = withData ? one.files.slice(0, left) : [];
        left -= shown.length;
        return html`<div class="remove-one" key=${one.id}>
          <p class="remove-name">${icon("trash-2")}<bdi>${plain(one.name).slice(0, 300)}</bdi></p>
          ${shown.length > 0 &&
          html`<ul>${shown.map((file) => html`<li><bdi class="mono">${plain(file.path).slice(0, 500)}</bdi> <span class="muted">${bytes(file.size)}</span></li>`)}</ul>`}
          ${withData && shown.length < one.files.length && html`<p class="muted">${t("torrents.remove.more_files", { count: one.files.length - shown.length })}</p>`}
        </div>`;
      })}
      ${going && going.length > SHOWN_TORRENTS && html`<p class="muted">${t("torrents.remove.more", { count: target.count - SHOWN_TORRENTS })}</p>`}
    </div>
    <div class="dialog-actions">
      <button type="button" class="button" autofocus onClick=${() => close()}>${t("common.cancel")}</button>
      <button type="button" class="button danger" disabled=${!going} onClick=${() => close({ withData })}>
        ${t(withData ? "torrents.remove.confirm_data" : "torrents.remove.confirm", { count: target.count })}
      </button>
    </div>
  </div>`;
}

/** Asks, and removes. @param {Target} target @returns {Promise<boolean>} whether they are gone */
export async function remove(target) {
  const answer = await openDialog({ title: t("torrents.remove.title", { count: target.count }) }, (close) => html`<${Question} target=${target} close=${close} />`);
  if (!answer) return false;
  try {
    for (const filter of filtersOf(target)) await api.post("/v1/torrents/remove", { filter, with_data: answer.withData });
    tell("acted", {});
    const key = answer.withData ? "torrents.done.remove_data" : "torrents.done.remove";
    toast({ text: t(key, { torrents: naming(target), count: target.count }), kind: "success" });
    return true;
  } catch (error) {
    report(error);
    return false;
  }
}
