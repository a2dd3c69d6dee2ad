#!/usr/bin/env node
// Fetches what the web UI vendors, checks it against the checksums of static/vendor/README.md, and writes it there.
//
// usage: node scripts/vendor-ui.mjs [--check]
//   --check  compares the files of the tree with their checksums and fetches nothing

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const VENDOR = new URL("../static/vendor/", import.meta.url).pathname;

/** Icons of lucide-static that pages use, by the name that `icon()` takes. */
const ICONS = `activity arrow-down arrow-down-to-line arrow-left arrow-right arrow-up arrow-up-down arrow-up-to-line
ban bookmark bookmark-plus calendar check chevron-down chevron-left chevron-right chevron-up circle-alert circle-check
circle-dot circle-help circle-pause circle-play circle-x clipboard clock cloud cloud-download cloud-upload columns-3
copy cpu database download ellipsis external-link eye eye-off fast-forward file file-plus file-up filter flag folder
folder-input folder-open gauge globe grip-vertical hard-drive hash heart-pulse history hourglass house info key
keyboard languages layers link list list-checks list-filter loader lock log-out magnet maximize-2 menu monitor
monitor-smartphone moon network palette panel-bottom pause pencil play plug plus power radio-tower refresh-cw rotate-ccw
save scroll-text search server settings shield shield-check sliders-horizontal smartphone square sun tag tags
triangle-alert trash-2 turtle unlock unplug upload user users wifi wifi-off wrench x zap chart-line chart-pie undo-2
file-search settings-2 arrow-left-right scale snail bell webhook terminal`.split(/\s+/u).filter(Boolean);

const readme = () => readFileSync(join(VENDOR, "README.md"), "utf8");

/** @param {string} file */
const expected = (file) => new RegExp(`\`${file}\`[^\\n]*\`([0-9a-f]{64})\``, "u").exec(readme())?.[1];

/** @param {string | Buffer} data */
const sum = (data) => createHash("sha256").update(data).digest("hex");

/** @param {string} file @param {string | Buffer} data */
function checked(file, data) {
  if (sum(data) !== expected(file)) {
    console.error(`${file}: ${sum(data)} is not the checksum of static/vendor/README.md`);
    process.exitCode = 1;
  }
  return data;
}

/** @param {string} folder */
function icons(folder) {
  const version = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version;
  const lines = ICONS.map((name) => {
    const text = readFileSync(join(folder, "icons", `${name}.svg`), "utf8");
    const shapes = [...text.matchAll(/<(path|circle|rect|line|polyline|polygon|ellipse)\s([^>]*?)\/>/gu)].map(
      ([, tag, rest]) => [tag, Object.fromEntries([...(rest ?? "").matchAll(/([\w-]+)="([^"]*)"/gu)].map(([, k, v]) => [k, v]))],
    );
    return `  ${JSON.stringify(name)}: ${JSON.stringify(shapes)},`;
  });
  return `// lucide-static ${version}, ISC and MIT: see README.md. Made by scripts/vendor-ui.mjs.
/** @type {Record<string, [string, Record<string, string>][]>} */
export const shapes = {
${lines.join("\n")}
};
`;
}

const files = ["htm-preact/standalone.module.js", "lucide/icons.js"];
if (process.argv.includes("--check")) {
  for (const file of files) checked(file, readFileSync(join(VENDOR, file)));
} else {
  const folder = mkdtempSync(join(tmpdir(), "vendor-ui-"));
  try {
    const wanted = ["htm@3.1.1", "lucide-static@1.62.0"];
    execFileSync("npm", ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", ...wanted]);
    const modules = join(folder, "node_modules");
    const made = {
      "htm-preact/standalone.module.js": readFileSync(join(modules, "htm/preact/standalone.module.js")),
      "lucide/icons.js": icons(join(modules, "lucide-static")),
    };
    for (const [file, data] of Object.entries(made)) writeFileSync(join(VENDOR, file), checked(file, data));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
