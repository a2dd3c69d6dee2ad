// What the list shows: kept in the address, so that a view can be shared and the back button works.

/** What people call a state, in the order of the side bar; one torrent may be several of them. The first gives the sign. */
export const STATES = /** @type {const} */ ({
  downloading: ["downloading", "forced_downloading", "metadata", "forced_metadata"],
  stalled: ["stalled_downloading"],
  seeding: ["uploading", "forced_uploading", "stalled_uploading"],
  completed: ["stopped_uploading", "uploading", "forced_uploading", "stalled_uploading", "queued_uploading", "checking_uploading"],
  stopped: ["stopped_downloading", "stopped_uploading"],
  queued: ["queued_downloading", "queued_uploading"],
  checking: ["checking_downloading", "checking_uploading", "checking_resume_data"],
  moving: ["moving"],
  problem: ["error", "missing_files"],
});

/** @typedef {keyof typeof STATES} StateGroup */
/** @typedef {{ q: string, state: string[], category: string[], tag: string[], tracker: string[], active: boolean }} Filter */
/** @typedef {"state" | "category" | "tag" | "tracker"} Dimension */

export const DIMENSIONS = /** @type {Dimension[]} */ (["state", "category", "tag", "tracker"]);

/** @param {URLSearchParams} query @returns {Filter} */
export function fromQuery(query) {
  return {
    q: query.get("q") ?? "",
    state: query.getAll("state").filter((name) => Object.hasOwn(STATES, name)),
    category: query.getAll("category"),
    tag: query.getAll("tag"),
    tracker: query.getAll("tracker"),
    active: query.get("active") === "1",
  };
}

/** @param {Filter} filter */
export function toQuery(filter) {
  const query = new URLSearchParams();
  if (filter.q) query.set("q", filter.q);
  for (const dimension of DIMENSIONS) filter[dimension].forEach((value) => query.append(dimension, value));
  if (filter.active) query.set("active", "1");
  return query;
}

/** How many conditions there are. @param {Filter} filter */
export function conditions(filter) {
  return DIMENSIONS.reduce((sum, dimension) => sum + filter[dimension].length, 0) + (filter.active ? 1 : 0) + (filter.q ? 1 : 0);
}

/**
 * The filter as `/v1` takes it, in a query and in a body.
 * @param {Filter} filter
 * @returns {Record<string, string | string[] | boolean>}
 */
export function toApi(filter) {
  /** @type {Record<string, string | string[] | boolean>} */
  const api = {};
  if (filter.q.trim()) api["q"] = filter.q.trim();
  const states = filter.state.flatMap((name) => STATES[/** @type {StateGroup} */ (name)] ?? []);
  if (states.length) api["state"] = [...new Set(states)];
  if (filter.category.length) api["category"] = filter.category;
  if (filter.tag.length) api["tag"] = filter.tag;
  if (filter.tracker.length) api["tracker"] = filter.tracker;
  if (filter.active) api["is_active"] = true;
  return api;
}

/** The filter with a value of a dimension put in or taken out. @param {Filter} filter @param {Dimension} dimension @param {string} value */
export function toggled(filter, dimension, value) {
  const has = filter[dimension].includes(value);
  return { ...filter, [dimension]: has ? filter[dimension].filter((one) => one !== value) : [...filter[dimension], value] };
}

/** @type {Filter} */
export const EVERYTHING = { q: "", state: [], category: [], tag: [], tracker: [], active: false };
