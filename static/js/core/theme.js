// Light and dark: by the system unless the person says otherwise.

import { preference } from "./preferences.js";

/** @typedef {"auto" | "light" | "dark"} Theme */

export const theme = preference("theme", /** @type {Theme} */ ("auto"));

/** Makes the page follow the wish, now and later. */
export function follow() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const name = theme.value === "auto" ? (dark.matches ? "dark" : "light") : theme.value;
    document.documentElement.dataset["theme"] = name;
    const color = name === "dark" ? "#14171c" : "#f5f6f8";
    document.querySelector("meta[name=theme-color]")?.setAttribute("content", color);
  };
  dark.addEventListener("change", apply);
  theme.subscribe(apply);
  apply();
}
