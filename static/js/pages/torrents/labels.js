// The categories and tags that exist, for menus and facets.

import { api, isAborted } from "../../core/api.js";
import { on } from "../../core/events.js";
import { Store } from "../../core/store.js";

/** @typedef {{ name: string, save_path?: string | null, [member: string]: any }} Category */
/** @typedef {{ categories: string[], tags: string[], all: Category[] }} Labels */

/** Least milliseconds between two looks that nobody on this page has asked for. */
const PACE = 3_000;

/** @extends {Store<Labels>} */
class LabelStore extends Store {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;

  /** Reads them anew before long. */
  loadSoon() {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.load();
    }, PACE);
  }

  /** Reads them anew. */
  async load() {
    try {
      const [categories, tags] = await Promise.all([api.get("/v1/categories"), api.get("/v1/tags")]);
      const all = /** @type {Category[]} */ (categories.categories);
      const names = tags.tags.map((/** @type {any} */ tag) => (typeof tag === "string" ? tag : tag.name));
      this.set({ categories: all.map((one) => one.name), tags: names, all });
    } catch (error) {
      if (!isAborted(error)) console.error(error);
    }
  }
}

export const labels = new LabelStore(/** @type {Labels} */ ({ categories: [], tags: [], all: [] }));

on(["resync", "acted"], () => void labels.load());
// Labels that others make have no event of their own: they come to light with a torrent that has them, or when somebody
// comes back to the page.
on("progress", ({ torrents }) => {
  if (torrents.some((/** @type {{ edited?: boolean }} */ one) => one.edited)) labels.loadSoon();
});
document.addEventListener("visibilitychange", () => document.hidden || labels.loadSoon());
