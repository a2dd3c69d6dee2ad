// What the server rendered into the shell.

const data = document.documentElement.dataset;

/** The path that a reverse proxy put before everything, without a slash at its end. */
export const base = (data["base"] ?? "").replace(/\/+$/u, "");

/** The name of who is signed in, if the server told it. */
export const user = data["user"] ?? "";

export const version = data["version"] ?? "";
