// The names and descriptions of all settings, in English: the page of the settings loads them.

import access from "./settings/access.js";
import content from "./settings/content.js";
import network from "./settings/network.js";
import reasons from "./settings/reasons.js";
import transfer from "./settings/transfer.js";

/** @type {Record<string, string>} */
export default { ...access, ...content, ...network, ...reasons, ...transfer };
