// Line charts over time on a canvas, in the colours of the theme, with the values under the pointer.

import { painted, usePainting } from "./canvas.js";
import { html, useRef, useState } from "./html.js";
import { locale, t } from "./i18n.js";
import { rateOrZero } from "./format.js";

/** @typedef {{ label: string, color: string, values: (number | null)[] }} Series `color` is a custom property */

const LEFT = 76;
const BOTTOM = 22;
const TOP = 8;
const RIGHT = 8;

/** A round number of bytes that is not below. @param {number} most */
function ceiling(most) {
  if (most <= 0) return 1024;
  const unit = 1024 ** Math.floor(Math.log(most) / Math.log(1024));
  const steps = [1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100, 128, 200, 256, 500, 512, 1024];
  return unit * (steps.find((step) => step * unit >= most) ?? 1024);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number[]} times Unix milliseconds
 * @param {Series[]} series
 * @param {(value: number) => string} format
 * @param {number | null} at the point under the pointer
 */
function draw(canvas, times, series, format, at) {
  painted(canvas, (context, width, height, color) => paint(context, width, height, color, times, series, format, at));
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {(name: string) => string} color
 * @param {number[]} times
 * @param {Series[]} series
 * @param {(value: number) => string} format
 * @param {number | null} at
 */
function paint(context, width, height, color, times, series, format, at) {
  const most = ceiling(Math.max(0, ...series.flatMap((one) => one.values.map((value) => value ?? 0))));
  const [begin, end] = [times[0] ?? 0, times[times.length - 1] ?? 1];
  const x = (/** @type {number} */ time) => LEFT + ((time - begin) / Math.max(1, end - begin)) * (width - LEFT - RIGHT);
  const y = (/** @type {number} */ value) => TOP + (1 - value / most) * (height - TOP - BOTTOM);

  context.textBaseline = "middle";
  context.lineWidth = 1;
  for (let line = 0; line <= 4; line += 1) {
    const value = (most * line) / 4;
    context.strokeStyle = color("--line");
    context.beginPath();
    context.moveTo(LEFT, Math.round(y(value)) + 0.5);
    context.lineTo(width - RIGHT, Math.round(y(value)) + 0.5);
    context.stroke();
    context.fillStyle = color("--text-2");
    context.textAlign = "right";
    context.fillText(format(value), LEFT - 8, y(value));
  }
  const count = Math.max(2, Math.min(6, Math.floor((width - LEFT) / 130)));
  const isLong = end - begin > 86_400_000;
  for (let mark = 0; mark < count; mark += 1) {
    const time = begin + ((end - begin) * mark) / (count - 1);
    context.textAlign = mark === 0 ? "left" : mark === count - 1 ? "right" : "center";
    const date = new Date(time);
    context.fillText(isLong ? date.toLocaleDateString(locale()) : date.toLocaleTimeString(locale()), x(time), height - 8);
  }
  for (const one of series) {
    const stroke = color(one.color);
    /** @type {[number, number][][]} */
    const runs = [[]];
    one.values.forEach((value, place) => {
      if (value === null) runs.push([]);
      else runs[runs.length - 1]?.push([x(times[place] ?? begin), y(value)]);
    });
    for (const run of runs.filter((points) => points.length > 0)) {
      context.beginPath();
      run.forEach(([left, top], place) => (place === 0 ? context.moveTo(left, top) : context.lineTo(left, top)));
      context.strokeStyle = stroke;
      context.lineWidth = 2;
      context.lineJoin = "round";
      context.stroke();
      context.lineTo(run[run.length - 1]?.[0] ?? 0, y(0));
      context.lineTo(run[0]?.[0] ?? 0, y(0));
      context.closePath();
      context.globalAlpha = 0.12;
      context.fillStyle = stroke;
      context.fill();
      context.globalAlpha = 1;
    }
  }
  if (at !== null && times[at] !== undefined) {
    context.strokeStyle = color("--text-2");
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x(times[at]), TOP);
    context.lineTo(x(times[at]), height - BOTTOM);
    context.stroke();
  }
}

/**
 * A chart of some series over time. What it shows is told in words as well: the last value and the highest.
 * @param {{ label: string, times: number[], series: Series[], format?: (value: number) => string }} props
 */
export function Chart({ label, times, series, format = rateOrZero }) {
  const ref = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const [at, setAt] = useState(/** @type {number | null} */ (null));
  usePainting(ref, () => {
    if (ref.current) draw(ref.current, times, series, format, at);
  }, [times, series, at]);

  const point = (/** @type {PointerEvent} */ event) => {
    const canvas = /** @type {HTMLCanvasElement} */ (event.currentTarget);
    const share = (event.offsetX - LEFT) / (canvas.clientWidth - LEFT - RIGHT);
    const [begin, end] = [times[0] ?? 0, times[times.length - 1] ?? 0];
    const wanted = begin + share * (end - begin);
    let best = 0;
    times.forEach((time, place) => {
      if (Math.abs(time - wanted) < Math.abs((times[best] ?? 0) - wanted)) best = place;
    });
    setAt(times.length ? best : null);
  };
  const shown = at ?? times.length - 1;
  const words = series.map((one) => {
    const values = one.values.map((value) => value ?? 0);
    return t("chart.summary", { series: one.label, last: format(values[values.length - 1] ?? 0), most: format(Math.max(0, ...values)) });
  });
  return html`<figure class="chart">
    <figcaption class="chart-legend">
      ${series.map(
        (one) => html`<span>
          <span class="chart-dot" ref=${(/** @type {HTMLElement | null} */ dot) => dot?.style.setProperty("--dot", `var(${one.color})`)}></span>
          ${one.label} <strong>${format(one.values[shown] ?? 0)}</strong>
        </span>`,
      )}
      ${at !== null && html`<span class="muted">${new Date(times[at] ?? 0).toLocaleString(locale())}</span>`}
    </figcaption>
    <canvas
      ref=${ref}
      role="img"
      aria-label=${`${label}. ${words.join(" ")}`}
      onPointerMove=${point}
      onPointerLeave=${() => setAt(null)}
    ></canvas>
  </figure>`;
}
