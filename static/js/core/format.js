// Numbers and times as people read them.

import { has, locale, t } from "./i18n.js";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** @type {Map<string, Intl.NumberFormat>} */
const numbers = new Map();

/** @param {number} value @param {number} digits */
function fixed(value, digits) {
  const key = `${locale()} ${digits}`;
  let format = numbers.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
    numbers.set(key, format);
  }
  return format.format(value);
}

/** @param {number} value */
export function integer(value) {
  return fixed(value, 0);
}

/** @param {number | null | undefined} value */
export function bytes(value) {
  if (value === null || value === undefined) return "–";
  let unit = 0;
  let amount = value;
  while (Math.abs(amount) >= 1024 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || Math.abs(amount) >= 100 ? 0 : Math.abs(amount) >= 10 ? 1 : 2;
  return `${fixed(amount, digits)} ${UNITS[unit]}`;
}

/** Bytes per second; nothing where nothing moves. @param {number | null | undefined} value */
export function rate(value) {
  return value ? `${bytes(value)}/s` : "";
}

/** As `rate`, with a zero. @param {number | null | undefined} value */
export function rateOrZero(value) {
  return `${bytes(value ?? 0)}/s`;
}

/** A share from 0 to 1; only what is complete shows 100 %. @param {number} share */
export function percent(share) {
  if (share >= 1) return `${integer(100)} %`;
  return `${fixed(Math.floor(share * 1000) / 10, 1)} %`;
}

/** @param {number | null | undefined} value `null` is infinite */
export function ratio(value) {
  return value === null || value === undefined ? "∞" : fixed(value, 2);
}

/** Seconds, in the two largest units. @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "∞";
  if (seconds < 60) return t("unit.s", { n: Math.floor(seconds) });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${t("unit.m", { n: minutes })} ${t("unit.s", { n: Math.floor(seconds % 60) })}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${t("unit.h", { n: hours })} ${t("unit.m", { n: minutes % 60 })}`;
  const days = Math.floor(hours / 24);
  if (days < 365) return `${t("unit.d", { n: days })} ${t("unit.h", { n: hours % 24 })}`;
  return `${t("unit.y", { n: Math.floor(days / 365) })} ${t("unit.d", { n: days % 365 })}`;
}

/** Formats are costly to make, and rows ask for them by the hundred. @type {Map<string, { date: Intl.DateTimeFormat, moment: Intl.DateTimeFormat, relative: Intl.RelativeTimeFormat }>} */
const formats = new Map();

function times() {
  const name = locale();
  let made = formats.get(name);
  if (!made) {
    made = {
      date: new Intl.DateTimeFormat(name, { dateStyle: "medium", timeStyle: "short" }),
      moment: new Intl.DateTimeFormat(name, { dateStyle: "medium", timeStyle: "medium" }),
      relative: new Intl.RelativeTimeFormat(name, { numeric: "auto", style: "short" }),
    };
    formats.set(name, made);
  }
  return made;
}

/** @param {string | null | undefined} text RFC 3339 */
export function dateTime(text) {
  if (!text) return "–";
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? "–" : times().date.format(at);
}

/** A moment with its seconds, for what happens in quick succession. @param {string | null | undefined} text RFC 3339 */
export function moment(text) {
  if (!text) return "–";
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? "–" : times().moment.format(at);
}

/** @param {string | null | undefined} text RFC 3339 */
export function time(text) {
  return text ? new Date(text).toLocaleTimeString(locale()) : "–";
}

const STEPS = /** @type {const} */ ([
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
]);

/** How long ago, or how soon, something is. @param {string | null | undefined} text RFC 3339 */
export function relative(text) {
  if (!text) return "–";
  const seconds = (new Date(text).getTime() - Date.now()) / 1000;
  const format = times().relative;
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(Math.trunc(seconds), "second");
}

/** Collates names as people expect, numbers by their value. */
export function collator() {
  return new Intl.Collator(locale(), { numeric: true, sensitivity: "base" });
}

/**
 * Makes a hostile text showable on one line: control characters and marks that turn the direction of what follows are
 * replaced, so that `gpj.exe` cannot pose as `exe.jpg`.
 * @param {string} text
 */
export function plain(text) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, "\ufffd");
}

/** Who did something: `user:name`, `key:name`, or a part of the server. @param {string} actor */
export function author(actor) {
  const [kind = "", name = ""] = actor.split(/:(.*)/su);
  return has(`history.by.${kind}`) ? t(`history.by.${kind}`, { name: plain(name) }) : plain(actor);
}
