// The limits of the whole server, a press away from the rates that they are about.

import { api, Problem, report } from "./api.js";
import { openDialog } from "./dialog.js";
import { Limit, showInvalid, Switch } from "./field.js";
import { html, useState } from "./html.js";
import { loadSettings, t } from "./i18n.js";
import { refresh } from "./stats.js";
import { toast } from "./toast.js";

const RATES = ["download", "upload", "alternative_download", "alternative_upload"].map((name) => `limits.${name}_bytes_per_second`);
const ALTERNATIVE = "limits.alternative_active";

/** @typedef {{ revision: number, effective: Record<string, any> }} Settings */

/** @param {{ settings: Settings, close: (saved?: boolean) => void }} props */
function Limits({ settings, close }) {
  const [form, setForm] = useState(() => Object.fromEntries([...RATES, ALTERNATIVE].map((key) => [key, settings.effective[key]])));
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const change = Object.fromEntries(Object.entries(form).filter(([key, value]) => value !== settings.effective[key]));
    try {
      if (Object.keys(change).length > 0) {
        await api.patch("/v1/settings?nulls=value", change, { ifMatch: `"${settings.revision}"` });
        toast({ text: t("shell.limits_saved"), kind: "success" });
        await refresh();
      }
      close(true);
    } catch (error) {
      if (!(error instanceof Problem) || error.faults.length === 0) return report(error);
      setProblem(error);
      showInvalid();
    }
  };
  return html`<form class="form" onSubmit=${submit}>
    ${RATES.map((key) => html`<${Limit}
      key=${key}
      id=${key.replaceAll(".", "-")}
      label=${t(`setting.${key}`)}
      limit=${form[key] ?? "unlimited"}
      choices=${[{ value: "unlimited", label: t("options.limit.unlimited") }]}
      unit=${1024}
      unitLabel="KiB/s"
      least=${1}
      error=${problem?.at(`/${key}`) ?? null}
      onChange=${(/** @type {number | string} */ to) => setForm({ ...form, [key]: to === "unlimited" ? null : to })}
    />`)}
    <${Switch}
      id="limits-alternative"
      label=${t("shell.alternative_limits")}
      checked=${form[ALTERNATIVE] === true}
      onChange=${(/** @type {boolean} */ on) => setForm({ ...form, [ALTERNATIVE]: on })}
    />
    <div class="dialog-actions">
      <button type="button" class="button" onClick=${() => close()}>${t("common.cancel")}</button>
      <button type="submit" class="button primary">${t("common.apply")}</button>
    </div>
  </form>`;
}

export async function openLimits() {
  try {
    const [settings] = await Promise.all([api.get("/v1/settings"), loadSettings()]);
    await openDialog({ title: t("shell.limits"), size: "small" }, (close) => html`<${Limits} settings=${settings} close=${close} />`);
  } catch (error) {
    report(error);
  }
}
