// The list as the server has it, of which this page holds the parts around what is in view. Events keep these parts
// true; the whole is never asked for.

import { api, isAborted, report } from "../../core/api.js";
import { on } from "../../core/events.js";
import { Store } from "../../core/store.js";
import { advanced } from "./types.js";

/** @typedef {import("./types.js").Row} Row */
/** @typedef {{ filter: Record<string, any>, sort: string, order: "asc" | "desc", fields: string[] }} Query */
/** @typedef {Record<string, Record<string, number>>} Facets */
/** @typedef {{ rows: Row[], isStale: boolean }} Part */

/** Rows of one part. */
const PART = 100;
/** Rows around the view that are fetched as well: many where scrolling goes to, some where it comes from. */
const AHEAD = 250;
const BEHIND = 60;
/** Parts that are kept. */
const KEPT = 30;
/** Least milliseconds between two looks at what events have changed; more where a look takes long. */
const PACE = 1000;
/** Rows of one request for ids. */
const IDS = 1000;

/** Orders that change while data moves. */
const VOLATILE = new Set(["progress", "download_rate", "upload_rate", "downloaded", "uploaded", "eta", "ratio", "seeds", "leechers", "last_activity_at", "state"]);

const FACETS = ["state", "category", "tag", "tracker"];

/** Calls back when somebody comes back to the page: labels that others changed have no event. @param {() => void} look */
function whenShown(look) {
  const shown = () => document.hidden || look();
  document.addEventListener("visibilitychange", shown);
  return () => document.removeEventListener("visibilitychange", shown);
}

export class TorrentList {
  constructor() {
    /** @type {Query} */
    this.query = { filter: {}, sort: "added_at", order: "desc", fields: [] };
    /** Grows with every change, so that pages can look at it. */
    this.version = new Store(0);
    this.total = 0;
    /** @type {Facets} */
    this.facets = {};
    /** False until the first answer to the present query. */
    this.isKnown = false;
    /** @type {unknown} */
    this.error = null;
    /** @type {Map<number, Part>} */
    this.parts = new Map();
    /** @type {Map<string, [number, number]>} where the row of an id is: part and place */
    this.places = new Map();
    /** @type {Map<number, AbortController>} */
    this.loading = new Map();
    this.view = { first: 0, last: 50 };
    this.goesDown = true;
    this.generation = 0;
    this.duration = 0;
    this.isTicking = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.lastLook = 0;
    /** @type {(() => void)[]} */
    this.ends = [];
  }

  /** Follows the events until `stop`. */
  start() {
    const changes = ["torrent_added", "torrent_removed", "metadata_received", "files_discovered", "state_changed", "torrent_completed",
      "torrent_moved", "torrent_failed", "torrent_reconciled"];
    this.ends = [
      on(changes, () => this.lookSoon()),
      on(["resync", "acted"], () => this.lookSoon(0)),
      whenShown(() => this.lookSoon(0)),
      on("progress", (data) => {
        this.advance(data.torrents);
        if (data.torrents.some((/** @type {{ edited?: boolean }} */ one) => one.edited)) this.lookSoon();
      }),
    ];
  }

  stop() {
    this.ends.forEach((end) => end());
    clearTimeout(this.timer);
    for (const control of this.loading.values()) control.abort();
    this.loading.clear();
  }

  /** Shows something else. What was seen stays until the answer comes. @param {Query} query */
  ask(query) {
    if (JSON.stringify(query) === JSON.stringify(this.query) && this.generation > 0) return;
    const isOther = JSON.stringify(query.filter) !== JSON.stringify(this.query.filter) || this.generation === 0;
    this.query = query;
    this.generation += 1;
    this.isKnown = false;
    for (const control of this.loading.values()) control.abort();
    this.loading.clear();
    for (const part of this.parts.values()) part.isStale = true;
    this.fill();
    if (isOther) void this.count();
  }

  /** The row at a place, if it is here. @param {number} index @returns {Row | undefined} */
  at(index) {
    return this.parts.get(Math.floor(index / PART))?.rows[index % PART];
  }

  /** The row of an id, if it is here. @param {string} id */
  find(id) {
    const place = this.places.get(id);
    return place && this.parts.get(place[0])?.rows[place[1]];
  }

  /** The place of an id, if it is here. @param {string} id */
  indexOf(id) {
    const place = this.places.get(id);
    return place ? place[0] * PART + place[1] : -1;
  }

  /** Tells which rows are in view. @param {number} first @param {number} last */
  look(first, last) {
    if (first !== this.view.first) this.goesDown = first > this.view.first;
    this.view = { first, last };
    this.fill();
  }

  /** Fetches what is missing around the view, and gives up what is not wanted any more. */
  fill() {
    // What is in view comes first: the rest follows once there is something to see.
    const [before, after] = !this.isKnown ? [0, 0] : this.goesDown ? [BEHIND, AHEAD] : [AHEAD, BEHIND];
    const first = Math.max(0, Math.floor((this.view.first - before) / PART));
    const most = this.isKnown ? Math.max(0, Math.ceil(this.total / PART) - 1) : Infinity;
    const last = Math.min(most, Math.floor((this.view.last + after) / PART));
    for (const [index, control] of this.loading) {
      if (index < first || index > last) {
        control.abort();
        this.loading.delete(index);
      }
    }
    for (let index = first; index <= last; index += 1) {
      const part = this.parts.get(index);
      if ((!part || part.isStale) && !this.loading.has(index)) void this.fetch(index);
    }
  }

  /** @param {number} index of the part */
  async fetch(index) {
    const control = new AbortController();
    const generation = this.generation;
    this.loading.set(index, control);
    const begun = performance.now();
    try {
      const { filter, sort, order, fields } = this.query;
      const window = { sort, order, offset: index * PART, limit: PART, fields: fields.join(",") };
      const page = await api.get("/v1/torrents", { ...filter, ...window }, { signal: control.signal });
      if (generation !== this.generation) return;
      this.duration = performance.now() - begun;
      this.put(index, page.torrents);
      this.total = page.total;
      this.error = null;
      if (!this.isKnown) {
        this.isKnown = true;
        this.drop((part) => part.isStale);
        this.fill();
      }
    } catch (error) {
      if (!isAborted(error) && generation === this.generation) this.error = error;
    } finally {
      if (this.loading.get(index) === control) this.loading.delete(index);
      this.tick();
    }
  }

  /** @param {number} index @param {Row[]} rows */
  put(index, rows) {
    this.forget(index);
    this.parts.delete(index);
    this.parts.set(index, { rows, isStale: false });
    rows.forEach((row, place) => this.places.set(row.id, [index, place]));
    if (this.parts.size > KEPT) {
      const middle = (this.view.first + this.view.last) / 2 / PART;
      const far = [...this.parts.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
      far.slice(0, this.parts.size - KEPT).forEach((one) => this.remove(one));
    }
  }

  /** @param {number} index */
  forget(index) {
    for (const row of this.parts.get(index)?.rows ?? []) {
      if (this.places.get(row.id)?.[0] === index) this.places.delete(row.id);
    }
  }

  /** @param {number} index */
  remove(index) {
    this.forget(index);
    this.parts.delete(index);
  }

  /** @param {(part: Part) => boolean} which */
  drop(which) {
    for (const [index, part] of [...this.parts]) if (which(part)) this.remove(index);
  }

  /** Counts the facets. */
  async count() {
    const generation = this.generation;
    try {
      const page = await api.get("/v1/torrents", { ...this.query.filter, limit: 1, fields: "id", facets: FACETS });
      if (generation !== this.generation) return;
      this.facets = page.facets ?? {};
      this.tick();
    } catch (error) {
      if (!isAborted(error)) this.error = error;
    }
  }

  /** Looks anew at what is in view, but not more often than the server bears. @param {number} [pace] */
  lookSoon(pace = Math.max(PACE, this.duration * 8)) {
    if (this.timer !== undefined && pace > 0) return;
    clearTimeout(this.timer);
    const wait = Math.max(pace > 0 ? 150 : 0, this.lastLook + pace - performance.now());
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.lastLook = performance.now();
      for (const part of this.parts.values()) part.isStale = true;
      this.fill();
      void this.count();
    }, wait);
  }

  /** @param {import("./types.js").Progress[]} news */
  advance(news) {
    let isSeen = false;
    let hasTurned = false;
    for (const one of news) {
      const place = this.places.get(one.torrent);
      const part = place && this.parts.get(place[0]);
      const row = place && part?.rows[place[1]];
      if (!place || !part || !row) continue;
      if (row.state !== one.state) hasTurned = true;
      part.rows[place[1]] = advanced(row, one);
      isSeen = true;
    }
    if (isSeen) this.tick();
    if (hasTurned) this.lookSoon();
    if (VOLATILE.has(this.query.sort) || this.query.filter["is_active"]) this.lookSoon(Math.max(2 * PACE, this.duration * 8));
  }

  /** Changes rows at once, before the server tells of it. @param {string[]} ids @param {(row: Row) => Partial<Row>} change */
  patch(ids, change) {
    for (const id of ids) {
      const place = this.places.get(id);
      const part = place && this.parts.get(place[0]);
      const row = place && part?.rows[place[1]];
      if (place && part && row) part.rows[place[1]] = { ...row, ...change(row) };
    }
    this.tick();
  }

  tick() {
    if (this.isTicking) return;
    this.isTicking = true;
    requestAnimationFrame(() => {
      this.isTicking = false;
      this.version.set(this.version.value + 1);
    });
  }

  /**
   * The ids of a stretch of the list, fetched where they are not here.
   * @param {number} first
   * @param {number} last included
   * @returns {Promise<string[]>}
   */
  async ids(first, last) {
    const known = [];
    for (let index = first; index <= last; index += 1) {
      const row = this.at(index);
      if (!row) break;
      known.push(row.id);
    }
    const { filter, sort, order } = this.query;
    try {
      for (let offset = first + known.length; offset <= last; offset += IDS) {
        const limit = Math.min(IDS, last - offset + 1);
        const page = await api.get("/v1/torrents", { ...filter, sort, order, offset, limit, fields: "id" });
        known.push(...page.torrents.map((/** @type {Row} */ row) => row.id));
        if (page.torrents.length < limit) break;
      }
    } catch (error) {
      report(error);
    }
    return known;
  }
}
