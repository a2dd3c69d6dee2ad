// What a person arranged for themselves: columns, views, theme, language. Kept on the server for every browser of
// theirs, and in this browser so that the first picture is right already.

import { api, Problem } from "./api.js";
import { base, user } from "./base.js";
import { Store } from "./store.js";

const PATH = "/v1/ui/preferences";
const KEY = `revaer:${base}:${user}`;
/** Names of what this browser keeps and the server does not have yet. */
const UNSAVED = `${KEY}:unsaved`;
/** Milliseconds that changes are gathered for. */
const PAUSE = 800;

/** What the browser keeps under a name; an empty object if that is nothing. @param {string} key @returns {any} */
function local(key) {
  try {
    const read = JSON.parse(localStorage.getItem(key) ?? "{}");
    return read && typeof read === "object" ? read : {};
  } catch {
    return {};
  }
}

/** @type {Record<string, unknown>} */
let all = local(KEY);
/** @type {Set<string>} */
let unsaved = new Set(Object.keys(local(UNSAVED)));
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
    unsaved.add(name);
    keep();
  });
  return store;
}

/** Notes everything in this browser. */
function note() {
  try {
    localStorage.setItem(KEY, JSON.stringify(all));
    localStorage.setItem(UNSAVED, JSON.stringify(Object.fromEntries([...unsaved].map((name) => [name, true]))));
  } catch {
    // A browser that keeps nothing still works until the page is closed.
  }
}

function keep() {
  note();
  clearTimeout(timer);
  if (isOnServer) timer = setTimeout(() => void save(), PAUSE);
}

/** What is not on the server yet, by name. */
function changes() {
  return Object.fromEntries([...unsaved].map((name) => [name, all[name]]));
}

/** Puts what has changed here into what the server keeps: another window may have changed something else. */
async function save() {
  const sent = changes();
  try {
    const read = await api.get(PATH);
    await api.put(PATH, { ...read, ...sent });
    for (const [name, value] of Object.entries(sent)) if (Object.is(all[name], value)) unsaved.delete(name);
    note();
  } catch (error) {
    if (error instanceof Problem && error.status === 404) isOnServer = false;
  }
}

/** Reads what the server keeps. What it does not know yet, because a page was left or the server was away, is sent. */
export async function load() {
  try {
    const read = await api.get(PATH);
    if (!read || typeof read !== "object") return;
    const known = { ...read, ...changes() };
    all = { ...all, ...known };
    isLoading = true;
    for (const [name, store] of stores) if (name in known) store.set(known[name]);
    isLoading = false;
    note();
    if (unsaved.size > 0) await save();
  } catch (error) {
    if (error instanceof Problem && error.status === 404) isOnServer = false;
  }
}
