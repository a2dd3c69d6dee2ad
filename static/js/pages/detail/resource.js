// Reading a resource of the torrent that is shown: at once, when something says so, and every few seconds where a tab
// shows what no event tells. Only the open tab of the one torrent does, and only while somebody looks.

import { api, isAborted, report } from "../../core/api.js";
import { on } from "../../core/events.js";
import { html, useEffect, useRef, useState } from "../../core/html.js";
import { t } from "../../core/i18n.js";
import { icon } from "../../core/icon.js";

/**
 * @param {string} path
 * @param {{ every?: number, inputs?: unknown[] }} [options] `every` in seconds
 * @returns {{ data: any, error: unknown, reload: () => Promise<void>, set: (data: any) => void }}
 */
export function useResource(path, { every = 0, inputs = [] } = {}) {
  const [data, setData] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const control = useRef(/** @type {AbortController | null} */ (null));
  const load = async () => {
    control.current?.abort();
    const mine = new AbortController();
    control.current = mine;
    try {
      setData(await api.get(path, undefined, { signal: mine.signal }));
      setError(null);
    } catch (problem) {
      if (!isAborted(problem)) setError(problem);
    }
  };
  useEffect(() => {
    void load();
    return () => control.current?.abort();
  }, [path, ...inputs]);
  useEffect(() => on("resync", () => void load()), [path]);
  useEffect(() => {
    if (!every) return;
    const timer = setInterval(() => document.hidden || void load(), every * 1000);
    return () => clearInterval(timer);
  }, [path, every]);
  return { data, error, reload: load, set: setData };
}

/**
 * Does something and tells of a failure; true if it worked.
 * @param {() => Promise<unknown>} run
 */
export async function attempt(run) {
  try {
    await run();
    return true;
  } catch (error) {
    report(error);
    return false;
  }
}

/**
 * What is shown in place of a resource that is not here: that it comes, or why it does not.
 * @param {{ error: unknown, reload: () => Promise<void> }} props
 */
export function Waiting({ error, reload }) {
  if (!error) return html`<p class="muted" role="status">${t("common.loading")}</p>`;
  return html`<div class="empty">
    ${icon("unplug")}
    <p dir="auto">${error instanceof Error ? error.message : String(error)}</p>
    <button type="button" class="button" onClick=${reload}>${t("shell.retry")}</button>
  </div>`;
}
