// The numbers of the whole server that the frame of the page shows, told by the event stream.

import { api } from "./api.js";
import { connection, on } from "./events.js";
import { Store } from "./store.js";

/**
 * @typedef {object} Stats
 * @property {number} torrents
 * @property {number} download_rate
 * @property {number} upload_rate
 * @property {number | null} download_limit
 * @property {number | null} upload_limit
 * @property {boolean} alternative_limits
 * @property {boolean} session_paused
 * @property {number} peers
 * @property {number} dht_nodes
 * @property {"connected" | "firewalled" | "disconnected"} connection
 * @property {number | null} free_space
 */

/** `null` until they are known, or where a key may not see them. */
export const stats = new Store(/** @type {Stats | null} */ (null));

/** Seconds of rates that are kept for the small chart. */
const KEPT = 120;

/** Rates of the last minutes, oldest first. */
export const rates = new Store(/** @type {{ at: number, down: number, up: number }[]} */ ([]));

/** @param {Partial<Stats>} data */
function take(data) {
  stats.set(/** @type {Stats} */ ({ ...stats.value, ...data }));
  const now = stats.value;
  if (!now) return;
  const sample = { at: Date.now(), down: now.download_rate, up: now.upload_rate };
  rates.set([...rates.value.filter((old) => old.at > sample.at - KEPT * 1000), sample]);
}

/** Asks for all numbers anew. */
export async function refresh() {
  try {
    take(await api.get("/v1/stats"));
  } catch {
    // The frame shows what it knew; that the server is lost has its own sign.
  }
}

/** Follows the numbers for as long as the page lives. */
export function follow() {
  let told = 0;
  on("stats", (data) => {
    told = Date.now();
    take(data);
  });
  on("resync", () => void refresh());
  void refresh();
  // A stream that does not tell them is helped out while somebody looks.
  setInterval(() => {
    if (document.hidden || connection.value !== "open" || Date.now() - told < 15_000) return;
    void refresh();
  }, 3_000);
}
