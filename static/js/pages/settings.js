// Every setting of the server, made from its own description: asked for, in force, why they differ, and who changed it.

import { api, Problem, report } from "../core/api.js";
import { confirm } from "../core/dialog.js";
import { on } from "../core/events.js";
import { classes, html, useEffect, useMemo, useState } from "../core/html.js";
import { loadSettings, t, tOr } from "../core/i18n.js";
import { icon } from "../core/icon.js";
import { go, link } from "../core/router.js";
import { Store, useStore } from "../core/store.js";
import { toast } from "../core/toast.js";
import { History } from "./settings/history.js";
import { follow } from "./settings/move.js";
import { docOf, nameOf, reasonOf, sectionOf, sections, shown as worded } from "./settings/model.js";
import { Setting } from "./settings/setting.js";

/** @typedef {import("./settings/model.js").Description} Description */
/** @typedef {import("./settings/model.js").Document} Document */
/** @typedef {import("./settings/model.js").Adjustment} Adjustment */

/** What was changed and is not saved: it outlives a look at another page. */
const unsaved = new Store(/** @type {Record<string, unknown>} */ ({}));
addEventListener("beforeunload", (event) => {
  if (Object.keys(unsaved.value).length > 0) event.preventDefault();
});

/** A setting whose way in is another page. */
const ELSEWHERE = ["webui.password_hash"];

/** @param {{ count: number, busy: boolean, save: () => void, discard: () => void }} props */
function SaveBar({ count, busy, save, discard }) {
  if (count === 0) return null;
  return html`<div class="save-bar" role="region" aria-label=${t("settings.unsaved_region")}>
    <span role="status">${t("settings.unsaved", { count })}</span>
    <button type="button" class="button" disabled=${busy} onClick=${discard}>${t("settings.discard")}</button>
    <button type="button" class="button primary" disabled=${busy} onClick=${save}>${t("common.save")}</button>
  </div>`;
}

/** @param {{ schema: Description[], adjustments: Adjustment[], restart: string[], close: () => void }} props */
function Outcome({ schema, adjustments, restart, close }) {
  if (adjustments.length + restart.length === 0) return null;
  return html`<div class="notice notice-warn settings-outcome" role="status">
    <div>
      ${adjustments.map(
        (one) => html`<p key=${one.key}>
          <strong>${nameOf(one.key)}:</strong>${" "}
          ${t("settings.adjusted", {
            asked: worded(one.key, one.asked),
            used: worded(one.key, one.used),
            reason: reasonOf(one, schema.find((other) => other.key === one.key)),
          })}
        </p>`,
      )}
      ${restart.length > 0 && html`<p>${t("settings.restart_needed")} ${restart.map(nameOf).join(", ")}</p>`}
    </div>
    <button type="button" class="icon-button" aria-label=${t("common.dismiss")} onClick=${close}>${icon("x")}</button>
  </div>`;
}

/** @param {{ route: import("../core/router.js").Route }} props */
export default function Settings({ route }) {
  const [schema, setSchema] = useState(/** @type {Description[] | null} */ (null));
  const [state, setState] = useState(/** @type {Document | null} */ (null));
  const draft = useStore(unsaved);
  const setDraft = (/** @type {Record<string, unknown>} */ changes) => unsaved.set(changes);
  const [invalid, setInvalid] = useState(/** @type {Record<string, string>} */ ({}));
  const [outcome, setOutcome] = useState(/** @type {{ adjustments: Adjustment[], restart: string[] }} */ ({ adjustments: [], restart: [] }));
  const [text, setText] = useState("");
  const [onlyChanged, setOnlyChanged] = useState(false);
  const [busy, setBusy] = useState(false);

  const read = () => api.get("/v1/settings").then(setState, report);
  useEffect(() => {
    // Without the names of the catalogue the keys still say what is meant.
    Promise.all([api.get("/v1/settings/schema"), loadSettings().catch(() => {})]).then(([list]) => {
      const all = /** @type {Description[]} */ (list.settings);
      setSchema(all.filter((one) => !ELSEWHERE.includes(one.key)));
    }, report);
    void read();
    return on(["settings_changed", "resync"], () => void read());
  }, []);

  const names = useMemo(() => (schema ? sections(schema) : []), [schema]);
  const wanted = route.path[0] ?? "";
  const section = names.includes(wanted) ? wanted : (names[0] ?? "");
  const isHistory = wanted === "history";
  const search = text.trim().toLowerCase();

  const save = async () => {
    if (!state) return;
    setBusy(true);
    try {
      const changed = await api.patch("/v1/settings?nulls=value", draft, { ifMatch: `"${state.revision}"` });
      setDraft({});
      setInvalid({});
      setOutcome({ adjustments: changed.adjustments, restart: changed.restart_needed });
      follow(state.effective, changed.web_server);
      const before = state.revision;
      toast({
        text: t("common.saved"),
        kind: "success",
        action: { label: t("common.undo"), run: () => void revert(before) },
      });
      // Of a server that moves nothing is read here any more.
      if (!changed.web_server) await read();
    } catch (error) {
      if (error instanceof Problem && error.status === 412) {
        await read();
        toast({ text: t("settings.outdated"), kind: "error" });
      } else if (error instanceof Problem && error.faults.length) {
        const faults = error.faults.map((fault) => [String(fault.pointer ?? "").slice(1).split("/")[0] ?? "", fault.reason]);
        setInvalid(Object.fromEntries(faults));
        toast({ text: error.message, kind: "error" });
      } else {
        report(error);
      }
    } finally {
      setBusy(false);
    }
  };

  /** @param {number} revision */
  const revert = async (revision) => {
    try {
      const changed = await api.post("/v1/settings/revert", { revision });
      setOutcome({ adjustments: changed.adjustments, restart: changed.restart_needed });
      toast({ text: t("settings.reverted", { revision }), kind: "success" });
      if (state) follow(state.effective, changed.web_server);
      if (!changed.web_server) await read();
    } catch (error) {
      report(error);
    }
  };

  const askRevert = async (/** @type {number} */ revision) => {
    const sure = await confirm({
      title: t("settings.revert"),
      text: t("settings.revert_text", { revision }),
      confirm: t("settings.revert"),
    });
    if (sure) await revert(revision);
  };

  if (!schema || !state) {
    return html`<div class="page"><h1>${t("nav.settings")}</h1><p class="muted">${t("common.loading")}</p></div>`;
  }

  const isChanged = (/** @type {Description} */ one) => Object.hasOwn(state.stored, one.key) || Object.hasOwn(draft, one.key);
  const matches = (/** @type {Description} */ one) =>
    (search
      ? `${one.key} ${one.key.replaceAll("_", " ")} ${nameOf(one.key)} ${docOf(one).text} ${tOr(`settings.section.${sectionOf(one.key)}`, "")}`.toLowerCase().includes(search)
      : onlyChanged || sectionOf(one.key) === section) &&
    (!onlyChanged || isChanged(one));
  const shown = schema.filter(matches);
  const edit = (/** @type {string} */ key, /** @type {unknown} */ value) => {
    const { [key]: _, ...rest } = draft;
    setDraft(value === undefined ? rest : { ...rest, [key]: value });
    const { [key]: __, ...others } = invalid;
    setInvalid(others);
  };
  const byspan = search || onlyChanged;

  return html`<div class="page settings">
    <div class="page-head">
      <h1>${t("nav.settings")}</h1>
      <a class="button" href=${isHistory ? link(["settings"]) : link(["settings", "history"])}>
        ${isHistory ? t("settings.back") : t("settings.history")}
      </a>
    </div>
    ${isHistory
      ? html`<${History} revision=${state.revision} revert=${askRevert} />`
      : html`
          <div class="toolbar filters">
            <div class="field">
              <label for="settings-search">${t("settings.search")}</label>
              <input
                id="settings-search"
                type="search"
                value=${text}
                onInput=${(/** @type {InputEvent} */ event) => setText(/** @type {HTMLInputElement} */ (event.currentTarget).value)}
              />
            </div>
            <label class="check">
              <input
                type="checkbox"
                checked=${onlyChanged}
                onChange=${(/** @type {Event} */ event) => setOnlyChanged(/** @type {HTMLInputElement} */ (event.currentTarget).checked)}
              />
              <span>${t("settings.only_changed")}</span>
            </label>
          </div>
          <${Outcome}
            schema=${schema}
            adjustments=${outcome.adjustments}
            restart=${outcome.restart}
            close=${() => setOutcome({ adjustments: [], restart: [] })}
          />
          <div class="settings-columns">
            <nav class="settings-sections" aria-label=${t("settings.sections")}>
              <label class="visually-hidden" for="settings-section">${t("settings.sections")}</label>
              <select
                id="settings-section"
                class="settings-section-select"
                value=${section}
                onChange=${(/** @type {Event} */ event) => go(["settings", /** @type {HTMLSelectElement} */ (event.currentTarget).value])}
              >
                ${names.map((name) => html`<option key=${name} value=${name}>${tOr(`settings.section.${name}`, name)}</option>`)}
              </select>
              <ul>
                ${names.map(
                  (name) => html`<li key=${name}>
                    <a
                      href=${link(["settings", name])}
                      class=${classes(!byspan && name === section && "selected")}
                      aria-current=${!byspan && name === section ? "true" : undefined}
                      onClick=${() => {
                        setText("");
                        setOnlyChanged(false);
                      }}
                      >${tOr(`settings.section.${name}`, name)}</a
                    >
                  </li>`,
                )}
              </ul>
            </nav>
            <section class="settings-list" aria-label=${byspan ? t("settings.found") : tOr(`settings.section.${section}`, section)}>
              ${byspan ? html`<p class="hint" role="status">${t("settings.count", { count: shown.length })}</p>` : html`<h2>${tOr(`settings.section.${section}`, section)}</h2>`}
              ${shown.map(
                (one) => html`<${Setting}
                  key=${one.key}
                  description=${one}
                  state=${state}
                  draft=${draft}
                  error=${invalid[one.key] ?? null}
                  edit=${edit}
                  section=${byspan ? sectionOf(one.key) : ""}
                />`,
              )}
            </section>
          </div>
          <${SaveBar}
            count=${Object.keys(draft).length}
            busy=${busy}
            save=${() => void save()}
            discard=${() => {
              setDraft({});
              setInvalid({});
            }}
          />
        `}
  </div>`;
}
