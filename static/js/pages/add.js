// Adding torrents from anywhere in the page: files that are dropped, links that are pasted.

import { openDialog, isDialogOpen } from "../core/dialog.js";
import { html, render } from "../core/html.js";
import { t } from "../core/i18n.js";
import { icon } from "../core/icon.js";
import { isTyping } from "../core/keys.js";
import { toast } from "../core/toast.js";
import { AddDialog } from "./add/dialog.js";
import { clear, isTorrent, linksOf, put } from "./add/sources.js";

let isOpen = false;

/**
 * Opens the dialog, or puts more into the open one.
 * @param {{ files?: File[], links?: string[] }} [more]
 */
export async function openAdd(more = {}) {
  put(more);
  if (isOpen) return;
  isOpen = true;
  await openDialog({ title: t("torrents.add"), size: "large" }, (close) => html`<${AddDialog} close=${close} />`);
  isOpen = false;
  clear();
}

/** @param {DataTransfer | null} data */
function carries(data) {
  return data !== null && [...data.types].some((type) => type === "Files" || type === "text/uri-list" || type === "text/plain") && !data.types.includes("application/x-revaer-column");
}

/** @param {DataTransfer} data */
function taken(data) {
  const files = [...data.files].filter(isTorrent);
  const links = data.files.length ? [] : linksOf(data.getData("text/uri-list") || data.getData("text/plain"));
  if (files.length || links.length) void openAdd({ files, links });
  else toast({ text: t("add.nothing_dropped"), kind: "error" });
}

/** Listens to the whole window. */
export function listen() {
  const shade = document.createElement("div");
  document.body.append(shade);
  const show = (/** @type {boolean} */ on) =>
    render(on ? html`<div class="drop-shade"><div>${icon("arrow-down-to-line")}<p>${t("add.drop_here")}</p></div></div>` : null, shade);
  let depth = 0;
  addEventListener("dragenter", (event) => {
    if (!carries(event.dataTransfer)) return;
    depth += 1;
    if (!isDialogOpen() || isOpen) show(true);
  });
  addEventListener("dragleave", (event) => {
    if (!carries(event.dataTransfer)) return;
    depth = Math.max(0, depth - 1);
    if (depth === 0) show(false);
  });
  addEventListener("dragover", (event) => {
    if (carries(event.dataTransfer)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    depth = 0;
    show(false);
    if (!event.dataTransfer || !carries(event.dataTransfer) || isTyping(event.target)) return;
    event.preventDefault();
    if (!isDialogOpen() || isOpen) taken(event.dataTransfer);
  });
  addEventListener("paste", (event) => {
    if (!event.clipboardData || isTyping(event.target) || (isDialogOpen() && !isOpen)) return;
    const files = [...event.clipboardData.files].filter(isTorrent);
    const links = linksOf(event.clipboardData.getData("text/plain"));
    if (files.length || links.length) {
      event.preventDefault();
      void openAdd({ files, links });
    }
  });
}
