// The first start: whoever can read the server's log or its files chooses the operator.

import { t } from "../core/i18n.js";
import { answered, fail, translate } from "./door.js";

await translate("setup.title");

const form = /** @type {HTMLFormElement} */ (document.getElementById("setup"));
const done = /** @type {HTMLElement} */ (document.getElementById("done"));

/** @param {string} name */
const value = (name) => String(new FormData(form).get(name) ?? "");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (value("password") !== value("again")) {
    fail(t("setup.different"));
    document.getElementById("again")?.focus();
    return;
  }
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  button.disabled = true;
  try {
    const [username, password] = [value("username"), value("password")];
    const proof = { [value("kind")]: value("proof").trim() };
    const answer = await answered("POST", "/v1/setup", { ...proof, username, password });
    if (!answer.ok) {
      fail(answer.status === 401 ? t("setup.wrong") : answer.detail);
      return;
    }
    await answered("POST", "/v1/session", { username, password });
    form.hidden = true;
    done.hidden = false;
    const secret = document.getElementById("secret");
    if (secret) secret.textContent = answer.data.api_key.secret;
    const enter = document.getElementById("enter");
    enter?.addEventListener("click", () => location.reload());
    enter?.focus();
  } finally {
    button.disabled = false;
  }
});

document.getElementById("proof")?.focus();
