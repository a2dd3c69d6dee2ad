// The one way to `/v1`: JSON in and out, and every failure a `Problem`.

import { base } from "./base.js";
import { t } from "./i18n.js";
import { toast } from "./toast.js";

/**
 * One thing that is wrong with an input.
 * @typedef {{ pointer?: string, parameter?: string, reason: string }} Fault
 */

/** A failure as `/v1` tells it; `status` 0 is a server that was not reached. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {{ type?: string, title?: string, detail?: string, errors?: Fault[], request_id?: string }} document
   */
  constructor(status, document) {
    super(document.detail || document.title || t("error.status", { status }));
    this.name = "Problem";
    this.status = status;
    this.type = document.type ?? "";
    this.faults = document.errors ?? [];
    this.requestId = document.request_id ?? "";
  }

  /** True if the server was not reached at all. */
  get isOffline() {
    return this.status === 0;
  }

  /** The reason that belongs to a member of the body. @param {string} pointer */
  at(pointer) {
    return this.faults.find((fault) => fault.pointer === pointer)?.reason ?? null;
  }
}

/** @typedef {string | number | boolean | null | undefined} Scalar */
/** @typedef {Record<string, Scalar | Scalar[]>} Query */
/**
 * @typedef {object} Options
 * @property {Query} [query]
 * @property {unknown} [body] is sent as JSON, or as it is if it is a form
 * @property {string} [ifMatch]
 * @property {string} [idempotencyKey]
 * @property {AbortSignal} [signal]
 */

/**
 * The address of a resource, below the base path.
 * @param {string} path such as `/v1/torrents`
 * @param {Query} [query]
 */
export function url(path, query) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined) search.append(name, String(one));
    }
  }
  const text = search.toString();
  return base + path + (text ? `?${text}` : "");
}

/** Set when the session has ended, so that the page is loaded once only. */
let isLeaving = false;

/** Shows the login page: the server renders it where nobody is signed in. */
export function leave() {
  if (isLeaving) return;
  isLeaving = true;
  location.reload();
}

/** @param {Response} response */
async function problem(response) {
  /** @type {Record<string, any>} */
  let document = {};
  if (response.headers.get("content-type")?.includes("json")) {
    document = await response.json().catch(() => ({}));
  }
  return new Problem(response.status, document);
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Options} options
 */
async function send(method, path, options) {
  /** @type {Record<string, string>} */
  const headers = { accept: "application/json" };
  /** @type {BodyInit | null} */
  let body = null;
  if (options.body instanceof FormData) {
    body = options.body;
  } else if (options.body !== undefined) {
    body = JSON.stringify(options.body);
    headers["content-type"] = "application/json";
  }
  if (options.ifMatch) headers["if-match"] = options.ifMatch;
  if (options.idempotencyKey) headers["idempotency-key"] = options.idempotencyKey;
  /** @type {Response} */
  let response;
  try {
    const signal = options.signal ?? null;
    response = await fetch(url(path, options.query), { method, headers, body, signal, credentials: "same-origin" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, { detail: t("error.offline") });
  }
  if (response.ok) return response;
  if (response.status === 401 && path !== "/v1/session") leave();
  throw await problem(response);
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Options} options
 * @returns {Promise<any>}
 */
async function json(method, path, options) {
  const response = await send(method, path, options);
  return response.status === 204 ? null : response.json();
}

export const api = {
  /** @param {string} path @param {Query} [query] @param {Options} [options] */
  get: (path, query, options) => json("GET", path, { ...options, ...(query && { query }) }),
  /** @param {string} path @param {unknown} [body] @param {Options} [options] */
  post: (path, body, options) => json("POST", path, { ...options, body }),
  /** @param {string} path @param {unknown} body @param {Options} [options] */
  patch: (path, body, options) => json("PATCH", path, { ...options, body }),
  /** @param {string} path @param {unknown} body @param {Options} [options] */
  put: (path, body, options) => json("PUT", path, { ...options, body }),
  /** @param {string} path @param {Query} [query] @param {Options} [options] */
  delete: (path, query, options) => json("DELETE", path, { ...options, ...(query && { query }) }),
  /**
   * Reads a resource with the tag that a safe write of it names.
   * @param {string} path
   * @param {Options} [options]
   * @returns {Promise<{ data: any, etag: string }>}
   */
  async tagged(path, options = {}) {
    const response = await send("GET", path, options);
    return { data: await response.json(), etag: response.headers.get("etag") ?? "" };
  },
  /** The raw answer, for what is no JSON. @param {string} path @param {Options} [options] */
  raw: (path, options = {}) => send("GET", path, options),
};

/** True for a request that was given up on purpose. @param {unknown} error */
export function isAborted(error) {
  return error instanceof DOMException && error.name === "AbortError";
}

/**
 * Tells of a failure where no field can: as a toast. An unreachable server has its own sign.
 * @param {unknown} error
 */
export function report(error) {
  if (isAborted(error)) return;
  if (error instanceof Problem) {
    if (error.status !== 401) toast({ text: error.message, kind: "error" });
    return;
  }
  console.error(error);
  toast({ text: error instanceof Error ? error.message : String(error), kind: "error" });
}
