// The start: texts, theme, events, then the frame with the page of the address.

import { follow } from "./core/events.js";
import { follow as followFailures } from "./core/failures.js";
import { html, render } from "./core/html.js";
import { choose, load } from "./core/i18n.js";
import { listen } from "./core/keys.js";
import { load as loadPreferences } from "./core/preferences.js";
import { chosenLanguage, Shell } from "./core/shell.js";
import { follow as followStats } from "./core/stats.js";
import { follow as followTheme } from "./core/theme.js";
import { listen as listenForDrops } from "./pages/add.js";

followTheme();
await Promise.all([load(choose(chosenLanguage.value)), loadPreferences()]);
const wished = choose(chosenLanguage.value);
if (wished !== document.documentElement.lang) await load(wished);
void follow();
followStats();
followFailures();
listen();
listenForDrops();
const root = document.getElementById("app");
if (root) render(html`<${Shell} />`, root);
