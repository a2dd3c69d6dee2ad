// The whole English catalogue, put together from the areas.

import add from "./en/add.js";
import common from "./en/common.js";
import create from "./en/create.js";
import detail from "./en/detail.js";
import server from "./en/server.js";
import torrents from "./en/torrents.js";

/** @type {Record<string, string>} */
export default { ...common, ...torrents, ...detail, ...add, ...create, ...server };
