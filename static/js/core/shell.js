// The frame of all pages: navigation, the numbers of the server, and whether it is there.

import { api, report, leave } from "./api.js";
import { user, version } from "./base.js";
import { Dialogs } from "./dialog.js";
import { connection, retry } from "./events.js";
import { bytes, rateOrZero } from "./format.js";
import { classes, html, useEffect, useErrorBoundary, useRef, useState } from "./html.js";
import { currentLanguage, languages, load, t, tOr } from "./i18n.js";
import { icon } from "./icon.js";
import { help, useKeys } from "./keys.js";
import { MenuButton } from "./menu.js";
import { preference } from "./preferences.js";
import { go, link, pages, route } from "./router.js";
import { openLimits } from "./speed.js";
import { refresh, stats } from "./stats.js";
import { useStore } from "./store.js";
import { theme } from "./theme.js";
import { Toasts } from "./toast.js";

/** @typedef {import("./router.js").PageName} PageName */

const names = /** @type {PageName[]} */ (Object.keys(pages));

/** What is beside the torrents in the bar of a phone; the others are behind "More". */
const ON_PHONES = /** @type {PageName[]} */ (["torrents", "stats", "settings"]);

const language = preference("language", /** @type {string} */ (""));

/** Shows the page in another language. @param {import("./i18n.js").Language} name */
async function speak(name) {
  await load(name);
  language.set(name);
  // Every text of the page is read anew.
  dispatchEvent(new Event("languagechange-ui"));
}

async function signOut() {
  try {
    await api.delete("/v1/session");
    leave();
  } catch (error) {
    report(error);
  }
}

async function toggleLimits() {
  const on = !(stats.value?.alternative_limits ?? false);
  try {
    await api.patch("/v1/settings", { "limits.alternative_active": on });
    await refresh();
  } catch (error) {
    report(error);
  }
}

/** @returns {import("./menu.js").Item[]} */
function personal() {
  return [
    { label: t("theme.auto"), icon: "monitor", checked: theme.value === "auto", run: () => theme.set("auto") },
    { label: t("theme.light"), icon: "sun", checked: theme.value === "light", run: () => theme.set("light") },
    { label: t("theme.dark"), icon: "moon", checked: theme.value === "dark", run: () => theme.set("dark") },
    { kind: "line" },
    ...Object.entries(languages).map(([name, label]) => ({
      label,
      checked: currentLanguage() === name,
      run: () => speak(/** @type {import("./i18n.js").Language} */ (name)),
    })),
    { kind: "line" },
    { label: t("keys.title"), icon: "keyboard", keys: "?", run: help },
    { label: t("shell.sign_out"), icon: "log-out", run: signOut },
  ];
}

/** @param {{ page: string }} props */
function Navigation({ page }) {
  return html`<nav class="nav" aria-label=${t("shell.navigation")}>
    <a class="brand" href="#/torrents" aria-label="Revaer">
      <span class="brand-mark" aria-hidden="true">${icon("arrow-down-up", "blank")}${icon("arrow-down-to-line")}</span>
      <span class="brand-name">Revaer</span>
    </a>
    <ul>
      ${names.map(
        (name) => html`<li key=${name} class=${classes(!ON_PHONES.includes(name) && "not-on-phones")}>
          <a href=${link([name])} aria-current=${page === name ? "page" : undefined}>
            ${icon(pages[name].icon)}<span>${t(`nav.${name}`)}</span>
          </a>
        </li>`,
      )}
      <li class="only-on-phones">
        <${MenuButton}
          label=${t("nav.more")}
          text
          class="nav-more"
          items=${() => [
            ...names
              .filter((name) => !ON_PHONES.includes(name))
              .map((name) => ({ label: t(`nav.${name}`), icon: pages[name].icon, run: () => go([name]) })),
            { kind: "line" },
            ...personal(),
          ]}
        />
      </li>
    </ul>
    <div class="nav-foot">
      <${MenuButton} label=${user || t("shell.personal")} icon="user" text class="nav-person" items=${personal} />
      ${version && html`<span class="muted small-text">Revaer ${version}</span>`}
    </div>
  </nav>`;
}

/** The rates and what else concerns the whole server. */
function Numbers() {
  const now = useStore(stats);
  if (!now) return html`<div class="numbers"></div>`;
  const sign = { connected: "wifi", firewalled: "shield", disconnected: "wifi-off" }[now.connection] ?? "wifi";
  const limit = (/** @type {number | null} */ value) => (value ? ` / ${bytes(value)}/s` : "");
  return html`<div class="numbers" role="group" aria-label=${t("shell.numbers")}>
    <button type="button" class="number-rates" title=${t("shell.limits")} aria-haspopup="dialog" onClick=${openLimits}>
      <span class="number-down">
        ${icon("arrow-down")}<span class="visually-hidden">${t("shell.download_rate")}: </span>${rateOrZero(now.download_rate)}<span class="muted wide-only">${limit(now.download_limit)}</span>
      </span>
      <span class="number-up">
        ${icon("arrow-up")}<span class="visually-hidden">${t("shell.upload_rate")}: </span>${rateOrZero(now.upload_rate)}<span class="muted wide-only">${limit(now.upload_limit)}</span>
      </span>
    </button>
    <button
      type="button"
      class="icon-button small"
      aria-pressed=${String(now.alternative_limits)}
      aria-label=${t("shell.alternative_limits")}
      title=${t("shell.alternative_limits")}
      onClick=${toggleLimits}
    >
      ${icon(now.alternative_limits ? "turtle" : "gauge")}
    </button>
    <span class="wide-only" title=${t("shell.free_space")}>
      ${icon("hard-drive")}<span class="visually-hidden">${t("shell.free_space")}: </span>${bytes(now.free_space)}
    </span>
    <span class=${`wide-only connection-${now.connection}`} title=${t(`connection.${now.connection}`)}>
      ${icon(sign)}<span class="visually-hidden">${t(`connection.${now.connection}`)}</span>
      <span class="muted" title=${t("shell.dht_nodes")}>${t("shell.nodes", { count: now.dht_nodes })}</span>
    </span>
  </div>`;
}

/** Says that the server is lost, and that it is back. */
function Lost() {
  const state = useStore(connection);
  const [wasLost, setWasLost] = useState(false);
  const [isBack, setIsBack] = useState(false);
  useEffect(() => {
    if (state === "lost") setWasLost(true);
    if (state !== "open" || !wasLost) return;
    setWasLost(false);
    setIsBack(true);
    const timer = setTimeout(() => setIsBack(false), 3000);
    return () => clearTimeout(timer);
  }, [state]);
  return html`<div role="status" class="lost-frame">
    ${state === "lost" &&
    html`<div class="lost">
      ${icon("unplug")}<span>${t("shell.lost")}</span>
      <button type="button" class="button small" onClick=${retry}>${t("shell.retry")}</button>
    </div>`}
    ${state === "open" && isBack && html`<div class="lost back">${icon("circle-check")}<span>${t("shell.back")}</span></div>`}
  </div>`;
}

/** @param {{ children?: import("./html.js").Child, page: string }} props */
function Guarded({ children }) {
  const [error, reset] = useErrorBoundary((problem) => console.error(problem));
  if (!error) return children;
  return html`<div class="page-failed" role="alert">
    <h1>${t("shell.page_failed")}</h1>
    <p dir="auto">${error instanceof Error ? error.message : String(error)}</p>
    <button type="button" class="button" onClick=${reset}>${t("shell.retry")}</button>
    <button type="button" class="button primary" onClick=${() => location.reload()}>${t("shell.reload")}</button>
  </div>`;
}

let hasFetched = false;

/**
 * Fetches the code of the other pages once the browser has nothing to do: they open at once then, also while the server
 * is away. A browser does not try again what it failed to import.
 */
function fetchOthers() {
  if (hasFetched) return;
  hasFetched = true;
  const wait = window.requestIdleCallback ?? ((/** @type {() => void} */ work) => setTimeout(work, 500));
  wait(() => {
    for (const page of Object.values(pages)) page.load().catch(() => {});
  });
}

/** The page of the address, fetched when it is first opened. */
function Page() {
  const now = useStore(route);
  const [loaded, setLoaded] = useState(/** @type {{ page: string, module: import("./router.js").PageModule | null, error: unknown } | null} */ (null));
  const name = /** @type {PageName} */ (now.page);
  const known = Object.hasOwn(pages, name);
  useEffect(() => {
    if (!known) return go(["torrents"], undefined, { replace: true });
    let isCurrent = true;
    /** @type {() => Promise<any>} */ (pages[name].load)()
      .then((module) => {
        if (isCurrent) setLoaded({ page: name, module, error: null });
        fetchOthers();
      })
      .catch((error) => isCurrent && setLoaded({ page: name, module: null, error }));
    return () => {
      isCurrent = false;
    };
  }, [name]);
  useEffect(() => {
    document.title = `${tOr(`nav.${name}`, "Revaer")} · Revaer`;
    if (loaded?.page === name) document.getElementById("main")?.focus({ preventScroll: true });
  }, [name, loaded]);
  const reach = useStore(connection);
  const hasFailed = loaded?.page === name && !loaded.module;
  const wasAway = useRef(false);
  useEffect(() => {
    if (reach === "lost") wasAway.current = true;
    // What could not be fetched because the server was away is there again.
    if (reach === "open" && wasAway.current && hasFailed) location.reload();
  }, [reach, hasFailed]);
  if (!loaded || loaded.page !== name) return html`<div class="page-loading" aria-busy="true"></div>`;
  if (!loaded.module) {
    return html`<div class="page-failed" role="alert">
      <h1>${t("shell.page_failed")}</h1>
      <p>${t("shell.page_changed")}</p>
      <button type="button" class="button primary" onClick=${() => location.reload()}>${t("shell.reload")}</button>
    </div>`;
  }
  return html`<${Guarded} key=${name} page=${name}><${loaded.module.default} route=${now} /><//>`;
}

/** Everything that is on the screen. */
export function Shell() {
  const now = useStore(route);
  const [, renew] = useState(0);
  useEffect(() => {
    const again = () => renew(Math.random());
    addEventListener("languagechange-ui", again);
    return () => removeEventListener("languagechange-ui", again);
  }, []);
  useKeys(t("keys.everywhere"), names.slice(0, 9).map((name, at) => ({
    keys: `alt+${at + 1}`,
    label: t("keys.go", { page: t(`nav.${name}`) }),
    run: () => go([name]),
  })), [currentLanguage()]);
  return html`<div class="shell" key=${currentLanguage()}>
    <a class="skip" href="#main" onClick=${(/** @type {Event} */ event) => {
      event.preventDefault();
      document.getElementById("main")?.focus();
    }}>${t("shell.skip")}</a>
    <${Navigation} page=${now.page} />
    <div class="column">
      <${Lost} />
      <header class="top">
        <div class="top-page">${t(`nav.${now.page}`)}</div>
        <${Numbers} />
        <div id="top-actions"></div>
      </header>
      <main id="main" class="main" tabindex="-1"><${Page} /><${Dialogs} /></main>
    </div>
    <${Toasts} />
  </div>`;
}

/** The language that the person chose, if they did. */
export const chosenLanguage = language;
