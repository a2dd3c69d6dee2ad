// Pages by the hash of the address: `#/torrents/<id>/files?state=error`. A page's code is fetched when it is opened.

import { Store } from "./store.js";

/** @typedef {import("./html.js").Child} Child */
/** @typedef {{ page: string, path: string[], query: URLSearchParams }} Route */
/** @typedef {{ default: (props: { route: Route }) => Child, title?: () => string }} PageModule */

/** Pages, in the order of the navigation. */
export const pages = /** @type {const} */ ({
  torrents: { icon: "arrow-down-to-line", load: () => import("../pages/torrents.js") },
  create: { icon: "file-plus", load: () => import("../pages/create.js") },
  labels: { icon: "tags", load: () => import("../pages/labels.js") },
  stats: { icon: "chart-line", load: () => import("../pages/stats.js") },
  health: { icon: "heart-pulse", load: () => import("../pages/health.js") },
  log: { icon: "scroll-text", load: () => import("../pages/log.js") },
  keys: { icon: "key", load: () => import("../pages/keys.js") },
  sessions: { icon: "monitor-smartphone", load: () => import("../pages/sessions.js") },
  settings: { icon: "settings", load: () => import("../pages/settings.js") },
});

/** @typedef {keyof typeof pages} PageName */

/** @returns {Route} */
function read() {
  const [path = "", search = ""] = location.hash.replace(/^#\/?/u, "").split("?", 2);
  const [page = "", ...rest] = path.split("/").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  return { page: page || "torrents", path: rest.filter(Boolean), query: new URLSearchParams(search) };
}

/** Where the person is. */
export const route = new Store(read());

addEventListener("hashchange", () => route.set(read()));

/**
 * The link to a page.
 * @param {string[]} path the page and what follows
 * @param {URLSearchParams | Record<string, string>} [query]
 */
export function link(path, query) {
  const search = new URLSearchParams(query).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${search ? `?${search}` : ""}`;
}

/**
 * Goes to a page.
 * @param {string[]} path
 * @param {URLSearchParams | Record<string, string>} [query]
 * @param {{ replace?: boolean }} [how]
 */
export function go(path, query, { replace = false } = {}) {
  const hash = link(path, query);
  if (hash === location.hash) return;
  if (replace) {
    history.replaceState(null, "", hash);
    route.set(read());
  } else {
    location.hash = hash;
  }
}
