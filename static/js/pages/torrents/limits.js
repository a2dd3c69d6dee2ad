// The limits of the selected torrents, however many: only what was chosen is changed.

import { Problem } from "../../core/api.js";
import { openDialog } from "../../core/dialog.js";
import { Limit, showInvalid } from "../../core/field.js";
import { html, useState } from "../../core/html.js";
import { t } from "../../core/i18n.js";
import { toast } from "../../core/toast.js";
import { naming, send } from "./actions.js";
import { ShareFields } from "./share.js";

/** @typedef {import("./actions.js").Target} Target */

const RATES = /** @type {const} */ (["download_limit", "upload_limit"]);

/** What was chosen, as `/v1` takes it. @param {Record<string, number | string>} rates @param {Record<string, any>} share */
function changeOf(rates, share) {
  const chosen = (/** @type {Record<string, unknown>} */ all) => Object.entries(all).filter(([, value]) => value !== "keep");
  const shared = chosen(share);
  return {
    ...Object.fromEntries(chosen(rates).map(([name, value]) => [name, value === "unlimited" ? null : value])),
    ...(shared.length > 0 && { share_limits: Object.fromEntries(shared) }),
  };
}

/** @param {{ target: Target, close: (result?: any) => void }} props */
function Limits({ target, close }) {
  const [rates, setRates] = useState(/** @type {Record<string, number | string>} */ ({ download_limit: "keep", upload_limit: "keep" }));
  const [share, setShare] = useState(/** @type {Record<string, any>} */ ({ ratio: "keep", seeding_time: "keep", inactive_time: "keep", action: "keep", mode: "keep" }));
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const [isSent, setSent] = useState(false);
  const change = changeOf(rates, share);
  const keep = { value: "keep", label: t("torrents.limits.keep") };
  const at = (/** @type {string} */ pointer) => problem?.at(`/action${pointer}`) ?? null;

  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setProblem(null);
    setSent(true);
    try {
      await send(target, { action: "set_limits", ...change });
      toast({ text: t("torrents.done.limits", { torrents: naming(target) }), kind: "success" });
      close();
    } catch (error) {
      setSent(false);
      setProblem(error instanceof Problem ? error : new Problem(0, { detail: String(error) }));
      showInvalid();
    }
  };
  return html`<form class="form" onSubmit=${submit}>
    <p>${t("torrents.limits.lead", { torrents: naming(target) })}</p>
    ${problem && problem.faults.length === 0 && html`<p class="notice notice-error" role="alert">${problem.message}</p>`}
    ${RATES.map((name) => html`<${Limit}
      key=${name}
      id=${`limits-${name}`}
      label=${t(`options.short.${name}`)}
      limit=${rates[name] ?? "keep"}
      choices=${[keep, { value: "unlimited", label: t("options.limit.unlimited") }]}
      unit=${1024}
      unitLabel="KiB/s"
      least=${1}
      error=${at(`/${name}`)}
      onChange=${(/** @type {number | string} */ to) => setRates({ ...rates, [name]: to })}
    />`)}
    <${ShareFields}
      id="limits"
      limits=${share}
      first=${[keep, { value: "inherit", label: t("options.limit.inherit") }]}
      at=${(/** @type {string} */ member) => at(`/share_limits/${member}`)}
      onChange=${setShare}
    />
    <div class="dialog-actions">
      <button type="button" class="button" onClick=${() => close()}>${t("common.cancel")}</button>
      <button type="submit" class="button primary" disabled=${Object.keys(change).length === 0 || isSent}>${t("common.apply")}</button>
    </div>
  </form>`;
}

/** @param {Target} target */
export function askLimits(target) {
  return openDialog({ title: t("torrents.action.limits") }, (close) => html`<${Limits} target=${target} close=${close} />`);
}
