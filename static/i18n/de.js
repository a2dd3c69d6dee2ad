// The whole German catalogue, put together from the areas.

import add from "./de/add.js";
import common from "./de/common.js";
import create from "./de/create.js";
import detail from "./de/detail.js";
import server from "./de/server.js";
import torrents from "./de/torrents.js";

/** @type {Record<string, string>} */
export default { ...common, ...torrents, ...detail, ...add, ...create, ...server };
