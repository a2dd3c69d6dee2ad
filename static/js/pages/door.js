// What the pages before the interface share: their language, and how they ask and complain.

import { base } from "../core/base.js";
import { choose, load, t } from "../core/i18n.js";

/** Puts the texts of the page into the visitor's language. @param {string} title */
export async function translate(title) {
  await load(choose(null));
  document.title = `${t(title)} · Revaer`;
  for (const element of document.querySelectorAll("[data-t]")) {
    element.textContent = t(/** @type {HTMLElement} */ (element).dataset["t"] ?? "");
  }
}

/** Says what went wrong. @param {string} text */
export function fail(text) {
  const place = document.getElementById("failure");
  if (place) place.textContent = text;
}

/**
 * Sends JSON; a failure has its reason.
 * @param {string} method
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<{ ok: boolean, status: number, detail: string, data: any }>}
 */
export async function answered(method, path, body) {
  fail("");
  try {
    const response = await fetch(base + path, {
      method,
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(body),
    });
    const data = await response.json().catch(() => ({}));
    return { ok: response.ok, status: response.status, detail: String(data.detail ?? response.status), data };
  } catch {
    return { ok: false, status: 0, detail: t("error.offline"), data: null };
  }
}
