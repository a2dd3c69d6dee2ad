// What a person arranged for themselves: columns, views, theme, language. Kept on the server for every browser of
// theirs, and in this browser so that the first picture is right already.

import { api, Problem } from "./api.js";
import { base, user } from "./base.js";
import { Store } from "./store.js";

const PATH = "/v1/ui/preferences";
const KEY = `revaer:${base}:${user}`;
/** Milliseconds that changes are gathered for. */
const PAUSE = 800;

/** @returns {Record<string, unknown>} */
function local() {
  try {
    const read = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return read && typeof read === "object" ? read : {};
  } catch {
    return {};
  }
}

/** @type {Record<string, unknown>} */
let all = local();
let isOnServer = true;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {Map<string, Store<any>>} */
const stores = new Map();
let isLoading = false;

/**
 * A wish that is kept. The same name gives the same store.
 * @template T
 * @param {string} name
 * @param {T} initial
 * @returns {Store<T>}
 */
export function preference(name, initial) {
  const known = stores.get(name);
  if (known) return known;
  const store = new Store(/** @type {T} */ (all[name] ?? initial));
  stores.set(name, store);
  store.subscribe((value) => {
    if (isLoading) return;
    all = { ...all, [name]: value };
    keep();
  });
  return store;
}

function keep() {
  try {
    localStorage.setItem(KEY, JSON.stringify(all));
  } catch {
    // A browser that keeps nothing still works until the page is closed.
  }
  clearTimeout(timer);
  if (isOnServer) timer = setTimeout(() => void save(), PAUSE);
}

async function save() {
  try {
    await api.put(PATH, all);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) isOnServer = false;
  }
}

/** Reads what the server keeps. */
export async function load() {
  try {
    const read = await api.get(PATH);
    if (read && typeof read === "object" && Object.keys(read).length > 0) {
      all = { ...all, ...read };
      isLoading = true;
      for (const [name, store] of stores) if (name in read) store.set(read[name]);
      isLoading = false;
      localStorage.setItem(KEY, JSON.stringify(all));
    }
  } catch (error) {
    if (error instanceof Problem && error.status === 404) isOnServer = false;
  }
}
