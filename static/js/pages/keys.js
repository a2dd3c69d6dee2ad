// API keys: made for one program each, shown once, revoked when no longer trusted.

import { api, Problem, report } from "../core/api.js";
import { confirm, openDialog } from "../core/dialog.js";
import { Field } from "../core/field.js";
import { dateTime, plain, relative } from "../core/format.js";
import { html, useEffect, useState } from "../core/html.js";
import { t } from "../core/i18n.js";
import { icon } from "../core/icon.js";
import { RowButton, Table } from "../core/table.js";
import { toast } from "../core/toast.js";

/**
 * @typedef {object} Key
 * @property {string} id
 * @property {string} name
 * @property {string[]} scopes
 * @property {string[] | null} categories
 * @property {string | null} level
 * @property {{ per_minute: number, burst: number } | null} rate
 * @property {string} created_at
 * @property {string | null} last_used_at
 */

const SCOPES = ["read", "add", "control", "delete", "settings", "admin"];

/** Shows the text of a key, this once. @param {{ key: Key, secret: string }} created */
function show(created) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(created.secret);
      toast({ text: t("common.copied") });
    } catch {
      // Without a secure connection the browser keeps the clipboard to itself: the text can be selected.
      const range = document.createRange();
      const text = document.getElementById("key-secret");
      if (text) {
        range.selectNodeContents(text);
        getSelection()?.removeAllRanges();
        getSelection()?.addRange(range);
      }
    }
  };
  return openDialog({ title: t("apikeys.created"), size: "small" }, (close) => html`
    <p>${t("apikeys.once")}</p>
    <p><bdi>${plain(created.key.name)}</bdi></p>
    <output class="secret mono" id="key-secret">${created.secret}</output>
    <div class="dialog-actions">
      <button type="button" class="button" onClick=${copy}>${icon("clipboard")} ${t("common.copy")}</button>
      <button type="button" class="button primary" onClick=${() => close(true)}>${t("apikeys.noted")}</button>
    </div>
  `);
}

/** @param {{ close: (created?: { key: Key, secret: string }) => void, categories: string[] }} props */
function NewKey({ close, categories }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState(["read"]);
  const [limited, setLimited] = useState(/** @type {string[]} */ ([]));
  const [level, setLevel] = useState("");
  const [perMinute, setPerMinute] = useState("");
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  /** @param {string[]} list @param {string} word @param {boolean} on */
  const toggled = (list, word, on) => (on ? [...list, word] : list.filter((one) => one !== word));
  const make = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setProblem(null);
    const rate = Number(perMinute);
    try {
      close(
        await api.post("/v1/api-keys", {
          name,
          scopes,
          categories: limited.length ? limited : null,
          level: level || null,
          rate: rate > 0 ? { per_minute: rate, burst: rate } : null,
        }),
      );
    } catch (error) {
      if (error instanceof Problem && error.status > 0) setProblem(error);
      else report(error);
    }
  };
  const boxes = (/** @type {string[]} */ words, /** @type {string[]} */ chosen, /** @type {(list: string[]) => void} */ set, /** @type {(word: string) => import("../core/html.js").Child} */ label) =>
    words.map(
      (word) => html`<label class="check" key=${word}>
        <input
          type="checkbox"
          checked=${chosen.includes(word)}
          onChange=${(/** @type {Event} */ event) =>
            set(toggled(chosen, word, /** @type {HTMLInputElement} */ (event.currentTarget).checked))}
        />
        <span>${label(word)}</span>
      </label>`,
    );
  return html`<form class="form" onSubmit=${make}>
    <${Field}
      id="key-name"
      label=${t("common.name")}
      hint=${t("apikeys.name_hint")}
      error=${problem?.at("/name") ?? null}
      control=${(/** @type {Record<string, string | undefined>} */ attributes) => html`<input
        ...${attributes}
        class="wide"
        required
        maxlength="100"
        autofocus
        autocomplete="off"
        value=${name}
        onInput=${(/** @type {InputEvent} */ event) => setName(/** @type {HTMLInputElement} */ (event.currentTarget).value)}
      />`}
    />
    <fieldset class="plain">
      <legend>${t("apikeys.scopes")}</legend>
      ${boxes(SCOPES, scopes, setScopes, (word) => html`<strong>${word}</strong> – ${t(`apikeys.scope.${word}`)}`)}
    </fieldset>
    ${categories.length > 0 &&
    html`<details>
      <summary>${t("apikeys.categories")}</summary>
      <p class="hint">${t("apikeys.categories_hint")}</p>
      <fieldset class="plain">
        <legend class="visually-hidden">${t("apikeys.categories")}</legend>
        ${boxes(categories, limited, setLimited, (word) => html`<bdi>${plain(word)}</bdi>`)}
      </fieldset>
    </details>`}
    <div class="grid-2">
      <${Field}
        id="key-level"
        label=${t("apikeys.level")}
        hint=${t("apikeys.level_hint")}
        control=${(/** @type {Record<string, string | undefined>} */ attributes) => html`<select
          ...${attributes}
          value=${level}
          onChange=${(/** @type {Event} */ event) => setLevel(/** @type {HTMLSelectElement} */ (event.currentTarget).value)}
        >
          ${["", "4.5", "5.1", "5.3"].map(
            (one) => html`<option key=${one} value=${one}>${one || t("apikeys.level_default")}</option>`,
          )}
        </select>`}
      />
      <${Field}
        id="key-rate"
        label=${t("apikeys.rate")}
        hint=${t("apikeys.rate_hint")}
        error=${problem?.at("/rate/per_minute") ?? null}
        control=${(/** @type {Record<string, string | undefined>} */ attributes) => html`<input
          ...${attributes}
          type="number"
          min="1"
          max="1000000"
          value=${perMinute}
          onInput=${(/** @type {InputEvent} */ event) =>
            setPerMinute(/** @type {HTMLInputElement} */ (event.currentTarget).value)}
        />`}
      />
    </div>
    ${problem && !problem.at("/name") && !problem.at("/rate/per_minute") &&
    html`<p class="error-text" role="alert">${plain(problem.message)}</p>`}
    <div class="dialog-actions">
      <button type="button" class="button" onClick=${() => close()}>${t("common.cancel")}</button>
      <button type="submit" class="button primary">${t("apikeys.create")}</button>
    </div>
  </form>`;
}

export default function Keys() {
  const [keys, setKeys] = useState(/** @type {Key[] | null} */ (null));
  const read = () => api.get("/v1/api-keys").then((list) => setKeys(list.keys), report);
  useEffect(() => void read(), []);
  const create = async () => {
    /** @type {string[]} */
    const categories = await api.get("/v1/categories").then(
      (list) => list.categories.map((/** @type {{ name: string }} */ one) => one.name),
      () => [],
    );
    const created = await openDialog({ title: t("apikeys.create") }, (close) => html`
      <${NewKey} close=${close} categories=${categories} />
    `);
    if (!created) return;
    await read();
    await show(created);
  };
  const rotate = async (/** @type {Key} */ key) => {
    const text = html`<p>${t("apikeys.rotate_text")}</p><p><bdi>${plain(key.name)}</bdi></p>`;
    if (!(await confirm({ title: t("apikeys.rotate"), text, confirm: t("apikeys.rotate"), danger: true }))) return;
    try {
      const created = await api.post(`/v1/api-keys/${key.id}/rotate`);
      await read();
      await show(created);
    } catch (error) {
      report(error);
    }
  };
  const revoke = async (/** @type {Key} */ key) => {
    const text = html`<p>${t("apikeys.revoke_text")}</p><p><bdi>${plain(key.name)}</bdi></p>`;
    if (!(await confirm({ title: t("apikeys.revoke"), text, confirm: t("apikeys.revoke"), danger: true }))) return;
    try {
      await api.delete(`/v1/api-keys/${key.id}`);
      toast({ text: t("apikeys.revoked") });
      await read();
    } catch (error) {
      report(error);
    }
  };
  /** @type {import("../core/table.js").Column<Key>[]} */
  const columns = [
    { id: "name", label: t("common.name"), main: true, sort: (key) => key.name, cell: (key) => html`<bdi>${plain(key.name)}</bdi>` },
    {
      id: "scopes",
      label: t("apikeys.scopes"),
      cell: (key) => html`${key.scopes.join(", ")}${key.categories &&
      html`<div class="hint">${t("apikeys.categories")}: <bdi>${plain(key.categories.join(", "))}</bdi></div>`}`,
    },
    { id: "level", label: t("apikeys.level"), sort: (key) => key.level, cell: (key) => key.level ?? t("apikeys.level_default") },
    { id: "created", label: t("apikeys.created_at"), sort: (key) => key.created_at, cell: (key) => dateTime(key.created_at) },
    {
      id: "used",
      label: t("apikeys.used_at"),
      sort: (key) => key.last_used_at,
      cell: (key) => (key.last_used_at ? relative(key.last_used_at) : t("common.never")),
    },
    {
      id: "actions",
      label: t("common.change"),
      actions: true,
      cell: (key) => html`
        <${RowButton} name=${key.name} label=${t("apikeys.rotate")} run=${() => rotate(key)} />
        <${RowButton} name=${key.name} label=${t("apikeys.revoke")} danger run=${() => revoke(key)} />
      `,
    },
  ];
  return html`<div class="page">
    <div class="page-head">
      <h1>${t("nav.keys")}</h1>
      <button type="button" class="button primary" onClick=${create}>${t("apikeys.create")}</button>
    </div>
    <p class="hint">${t("apikeys.intro")} <a href="./v1/docs">${t("apikeys.docs")}</a></p>
    ${keys
      ? html`<${Table} label=${t("nav.keys")} columns=${columns} rows=${keys} id=${(/** @type {Key} */ key) => key.id} empty=${t("apikeys.none")} />`
      : html`<p class="muted">${t("common.loading")}</p>`}
  </div>`;
}
