// What fails long after it was asked for, such as a move to a full disk, is told to the person who asked for it.

import { user } from "./base.js";
import { on } from "./events.js";
import { plain } from "./format.js";
import { t } from "./i18n.js";
import { go } from "./router.js";
import { toast } from "./toast.js";

/** Follows the events for as long as the page lives. */
export function follow() {
  on("torrent_failed", ({ actor, torrent, data }) => {
    if (actor !== `user:${user}`) return;
    const text = t("history.torrent_failed", { reason: plain(String(data?.reason ?? "")) });
    const show = { label: t("torrents.action.open"), run: () => go(["torrents", String(torrent), "history"]) };
    toast({ text, kind: "error", ...(torrent && { action: show }) });
  });
}
