// The map of the pieces: what is here, what is on its way, and how many peers have the rest.

import { painted, usePainting } from "../../core/canvas.js";
import { bytes, integer, percent, ratio } from "../../core/format.js";
import { html, useRef } from "../../core/html.js";
import { t } from "../../core/i18n.js";

/** @typedef {{ piece_size: number | null, count: number, have: number, runs: { state: "missing" | "downloading" | "have", first: number, count: number }[], availability: number[] }} Pieces */

/** @param {HTMLCanvasElement} canvas @param {Pieces} pieces */
function drawStates(canvas, pieces) {
  painted(canvas, (context, width, height, color) => {
    context.fillStyle = color("--piece-missing");
    context.fillRect(0, 0, width, height);
    // What is on its way is drawn last, and never thinner than can be seen.
    for (const state of /** @type {const} */ (["have", "downloading"])) {
      context.fillStyle = color(state === "have" ? "--piece-have" : "--piece-loading");
      for (const run of pieces.runs) {
        if (run.state !== state) continue;
        const left = (run.first / pieces.count) * width;
        const wide = (run.count / pieces.count) * width;
        context.fillRect(left, 0, state === "have" ? wide : Math.max(1.5, wide), height);
      }
    }
  });
}

/** @param {HTMLCanvasElement} canvas @param {number[]} availability */
function drawAvailability(canvas, availability) {
  painted(canvas, (context, width, height, color) => {
    context.fillStyle = color("--piece-missing");
    context.fillRect(0, 0, width, height);
    const most = Math.max(1, ...availability.slice(0, 100_000));
    context.fillStyle = color("--piece-have");
    const columns = Math.min(availability.length, Math.floor(width));
    for (let column = 0; column < columns; column += 1) {
      const first = Math.floor((column / columns) * availability.length);
      const last = Math.max(first + 1, Math.floor(((column + 1) / columns) * availability.length));
      let sum = 0;
      for (let piece = first; piece < last; piece += 1) sum += availability[piece] ?? 0;
      context.globalAlpha = Math.min(1, sum / (last - first) / most);
      context.fillRect((column / columns) * width, 0, width / columns + 0.5, height);
    }
    context.globalAlpha = 1;
  });
}

/** @param {{ pieces: Pieces | null, availability: number | null }} props */
export function PieceMap({ pieces, availability }) {
  const states = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const peers = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const has = pieces !== null && pieces.count > 0;
  usePainting(states, () => {
    if (pieces && states.current) drawStates(states.current, pieces);
    if (pieces && peers.current) drawAvailability(peers.current, pieces.availability);
  }, [pieces], has);
  if (!pieces || !has) return null;
  const loading = pieces.runs.filter((run) => run.state === "downloading").reduce((sum, run) => sum + run.count, 0);
  const words = t("detail.pieces.words", { have: integer(pieces.have), count: integer(pieces.count), size: bytes(pieces.piece_size), loading: integer(loading) });
  return html`<section class="pieces">
    <div class="pieces-line">
      <span class="pieces-label">${t("detail.pieces")}</span>
      <canvas ref=${states} role="img" aria-label=${words}></canvas>
      <span class="pieces-value">${percent(pieces.have / pieces.count)}</span>
    </div>
    ${pieces.availability.length > 0 &&
    html`<div class="pieces-line">
      <span class="pieces-label">${t("detail.availability")}</span>
      <canvas ref=${peers} role="img" aria-label=${t("detail.availability_words", { copies: ratio(availability ?? 0) })}></canvas>
      <span class="pieces-value">${ratio(availability ?? 0)}</span>
    </div>`}
    <p class="hint pieces-words">
      <span class="piece-key piece-have"></span>${t("detail.pieces.have")} <span class="piece-key piece-loading"></span>${t("detail.pieces.loading")}
      <span class="piece-key piece-missing"></span>${t("detail.pieces.missing")} · ${words}
    </p>
  </section>`;
}
