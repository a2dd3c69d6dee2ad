// Who is signed in, and the operator's password.

import { api, Problem, report } from "../core/api.js";
import { confirm } from "../core/dialog.js";
import { Field } from "../core/field.js";
import { dateTime, plain, relative } from "../core/format.js";
import { html, useEffect, useState } from "../core/html.js";
import { t } from "../core/i18n.js";
import { RowButton, Table } from "../core/table.js";
import { toast } from "../core/toast.js";

/**
 * @typedef {object} Session
 * @property {string} id
 * @property {boolean} is_current
 * @property {string | null} address
 * @property {string} user_agent
 * @property {string} started_at
 * @property {string} last_used_at
 */

/** Browsers by what they call themselves; many claim to be others as well, so the order counts. @type {[RegExp, string][]} */
const BROWSERS = [
  [/Edg[A-Za-z]*\/(\d+)/u, "Edge"], [/OPR\/(\d+)/u, "Opera"], [/Firefox\/(\d+)/u, "Firefox"],
  [/(?:Headless)?Chrom(?:e|ium)\/(\d+)/u, "Chrome"], [/Version\/(\d+).*Safari/u, "Safari"],
];
/** @type {[RegExp, string][]} */
const SYSTEMS = [[/Android/u, "Android"], [/iPhone|iPad/u, "iOS"], [/Windows/u, "Windows"], [/Mac OS X/u, "macOS"], [/Linux/u, "Linux"]];

/** The name of a program: a browser with its system, else what it calls itself. @param {string} agent */
function programOf(agent) {
  const found = agent.startsWith("Mozilla/") && BROWSERS.find(([sign]) => sign.test(agent));
  if (!found) return plain(agent).slice(0, 200) || t("common.unknown");
  const system = SYSTEMS.find(([sign]) => sign.test(agent))?.[1];
  return t(system ? "sessions.browser" : "sessions.browser_alone", { browser: `${found[1]} ${found[0].exec(agent)?.[1] ?? ""}`, system: system ?? "" });
}

function Password() {
  const [texts, setTexts] = useState({ current: "", new: "", again: "" });
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const [different, setDifferent] = useState(false);
  /** @param {"current" | "new" | "again"} name @param {string} label @param {string} autocomplete @param {string | null} error */
  const field = (name, label, autocomplete, error) => html`<${Field}
    id=${`password-${name}`}
    label=${label}
    error=${error}
    control=${(/** @type {Record<string, string | undefined>} */ attributes) => html`<input
      ...${attributes}
      type="password"
      class="wide"
      required
      minlength=${name === "current" ? undefined : 6}
      autocomplete=${autocomplete}
      value=${texts[name]}
      onInput=${(/** @type {InputEvent} */ event) =>
        setTexts({ ...texts, [name]: /** @type {HTMLInputElement} */ (event.currentTarget).value })}
    />`}
  />`;
  const change = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setProblem(null);
    setDifferent(texts.new !== texts.again);
    if (texts.new !== texts.again) return;
    try {
      await api.put("/v1/session/password", { current: texts.current, new: texts.new });
      setTexts({ current: "", new: "", again: "" });
      toast({ text: t("sessions.password_changed"), kind: "success" });
    } catch (error) {
      if (error instanceof Problem && error.faults.length) setProblem(error);
      else report(error);
    }
  };
  return html`<section class="card" aria-labelledby="password-title">
    <h2 id="password-title">${t("sessions.password")}</h2>
    <p class="hint">${t("sessions.password_hint")}</p>
    <form class="form narrow" onSubmit=${change}>
      ${field("current", t("sessions.password_current"), "current-password", problem?.at("/current") ?? null)}
      ${field("new", t("setup.password"), "new-password", problem?.at("/new") ?? null)}
      ${field("again", t("setup.again"), "new-password", different ? t("setup.different") : null)}
      <button type="submit" class="button primary">${t("sessions.password_change")}</button>
    </form>
  </section>`;
}

export default function Sessions() {
  const [sessions, setSessions] = useState(/** @type {Session[] | null} */ (null));
  const read = () => api.get("/v1/sessions").then((list) => setSessions(list.sessions), report);
  useEffect(() => void read(), []);
  const end = async (/** @type {Session} */ session) => {
    try {
      await api.delete(`/v1/sessions/${session.id}`);
      toast({ text: t("sessions.ended", { count: 1 }) });
      if (session.is_current) location.reload();
      else await read();
    } catch (error) {
      report(error);
    }
  };
  const endOthers = async () => {
    const sure = await confirm({
      title: t("sessions.end_others"),
      text: t("sessions.end_others_text"),
      confirm: t("sessions.end_others"),
      danger: true,
    });
    if (!sure) return;
    try {
      const { count } = await api.delete("/v1/sessions");
      toast({ text: t("sessions.ended", { count }) });
      await read();
    } catch (error) {
      report(error);
    }
  };
  /** @type {import("../core/table.js").Column<Session>[]} */
  const columns = [
    {
      id: "agent",
      label: t("sessions.program"),
      main: true,
      sort: (session) => session.user_agent,
      cell: (session) => html`<bdi class="break" title=${plain(session.user_agent)}>${programOf(session.user_agent)}</bdi>
        ${session.is_current && html` <span class="badge badge-ok">${t("sessions.current")}</span>`}`,
    },
    { id: "address", label: t("sessions.address"), sort: (session) => session.address, cell: (session) => session.address ?? "–" },
    {
      id: "started",
      label: t("sessions.started"),
      sort: (session) => session.started_at,
      cell: (session) => dateTime(session.started_at),
    },
    {
      id: "used",
      label: t("sessions.used"),
      sort: (session) => session.last_used_at,
      cell: (session) => relative(session.last_used_at),
    },
    {
      id: "actions",
      label: t("sessions.end"),
      actions: true,
      cell: (session) => html`<${RowButton} name=${programOf(session.user_agent)} label=${t("sessions.end")} run=${() => end(session)} />`,
    },
  ];
  return html`<div class="page">
    <div class="page-head">
      <h1>${t("nav.sessions")}</h1>
      <button type="button" class="button" disabled=${(sessions?.length ?? 0) < 2} onClick=${endOthers}>
        ${t("sessions.end_others")}
      </button>
    </div>
    ${sessions
      ? html`<${Table} label=${t("nav.sessions")} columns=${columns} rows=${sessions} id=${(/** @type {Session} */ one) => one.id} />`
      : html`<p class="muted">${t("common.loading")}</p>`}
    <${Password} />
  </div>`;
}
