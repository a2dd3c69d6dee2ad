// Signing in. The page is there without this script; it sends the form and says what went wrong.

import { base } from "../core/base.js";
import { t } from "../core/i18n.js";
import { answered, fail, translate } from "./door.js";

await translate("login.title");

const form = /** @type {HTMLFormElement} */ (document.getElementById("login"));
const username = /** @type {HTMLInputElement} */ (document.getElementById("username"));
const password = /** @type {HTMLInputElement} */ (document.getElementById("password"));

/** A link from another site comes without the cookie: whoever is signed in goes on at once. */
async function goOn() {
  const response = await fetch(`${base}/v1/session`, { cache: "no-store" }).catch(() => null);
  if (response?.ok && (await response.json()).signed_in && !sessionStorage.getItem("went-on")) {
    sessionStorage.setItem("went-on", "yes");
    location.reload();
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  button.disabled = true;
  try {
    const answer = await answered("POST", "/v1/session", { username: username.value, password: password.value });
    if (answer.ok) {
      sessionStorage.removeItem("went-on");
      // The server renders the interface now; where the person wanted to go stays in the address.
      location.reload();
      return;
    }
    const isWrong = answer.status === 401;
    fail(isWrong ? t("login.wrong") : answer.detail);
    password.select();
  } finally {
    button.disabled = false;
  }
});

if (!username.value) username.focus();
await goOn();
