// The one event stream of the page. It comes back by itself with the number of the last event, so that nothing that is
// kept is missed, and says `resync` whenever there was a gap: whoever shows something looks anew then.

import { leave, url } from "./api.js";
import { Store } from "./store.js";

/**
 * An event of a torrent or of the server; `progress`, `stats`, `resync` have other members.
 * @typedef {{ type: string, at: string, actor: string, torrent: string | null, category: string | null, data: any }} ServerEvent
 */

/** @typedef {"connecting" | "open" | "lost"} Connection */

/** Milliseconds without a sign of life after which the stream is taken for dead; the server beats every 15 s. */
const SILENCE = 40_000;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;

/** Whether the server is there. */
export const connection = new Store(/** @type {Connection} */ ("connecting"));

/** @type {Map<string, Set<(data: any, type: string) => void>>} */
const listeners = new Map();

let lastId = "";
let wasOpen = false;
let pause = FIRST_PAUSE;
/** @type {AbortController | null} */
let current = null;
/** @type {(() => void) | null} */
let wake = null;

/**
 * Calls back for each event of a type; `*` is all.
 * @param {string | string[]} types
 * @param {(data: any, type: string) => void} listener
 * @returns {() => void} ends the subscription
 */
export function on(types, listener) {
  const list = Array.isArray(types) ? types : [types];
  for (const type of list) {
    const set = listeners.get(type) ?? new Set();
    listeners.set(type, set.add(listener));
  }
  return () => list.forEach((type) => listeners.get(type)?.delete(listener));
}

/**
 * Tells the listeners; `acted` comes from this page itself, because not every change has an event of the server.
 * @param {string} type
 * @param {unknown} data
 */
export function tell(type, data) {
  for (const name of [type, "*"]) {
    for (const listener of [...(listeners.get(name) ?? [])]) {
      try {
        listener(data, type);
      } catch (error) {
        console.error(error);
      }
    }
  }
}

/** @param {string} block */
function read(block) {
  let type = "message";
  let data = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("id:")) lastId = line.slice(3).trim();
    else if (line.startsWith("event:")) type = line.slice(6).trim();
    else if (line.startsWith("data:")) data += line.slice(5).trim();
  }
  if (data) tell(type, JSON.parse(data));
}

/** Reads the stream until it ends. */
async function listen() {
  const control = new AbortController();
  current = control;
  let timer = setTimeout(() => control.abort(), SILENCE);
  try {
    /** @type {Record<string, string>} */
    const headers = { accept: "text/event-stream" };
    if (lastId) headers["last-event-id"] = lastId;
    const response = await fetch(url("/v1/events", { stats: true }), { headers, signal: control.signal, cache: "no-store" });
    if (response.status === 401 || response.status === 403) return leave();
    if (!response.ok || !response.body) return;
    connection.set("open");
    pause = FIRST_PAUSE;
    if (wasOpen) tell("resync", { reason: "reconnected" });
    wasOpen = true;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => control.abort(), SILENCE);
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      blocks.forEach(read);
    }
  } catch {
    // Why it ended does not matter: it is tried again.
  } finally {
    clearTimeout(timer);
    control.abort();
  }
}

/** Follows the server for as long as the page lives. */
export async function follow() {
  addEventListener("online", retry);
  document.addEventListener("visibilitychange", () => document.hidden || connection.value === "open" || retry());
  for (;;) {
    await listen();
    connection.set("lost");
    await new Promise((resolve) => {
      wake = () => resolve(null);
      setTimeout(wake, pause);
    });
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

/** Tries at once to reach a server that was lost. */
export function retry() {
  pause = FIRST_PAUSE;
  wake?.();
}

/** Ends the present stream as a failure would, so that it is opened anew. */
export function reopen() {
  current?.abort();
  retry();
}
