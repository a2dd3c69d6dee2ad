// What the server says of its settings, and how it is put into words.

import { bytes, duration } from "../../core/format.js";
import { html } from "../../core/html.js";
import { has, t, tOr } from "../../core/i18n.js";

/**
 * @typedef {object} Description
 * @property {string} key
 * @property {string} doc
 * @property {string} kind
 * @property {boolean} optional `null` is a value
 * @property {number | null} minimum
 * @property {number | null} maximum
 * @property {boolean} restart_needed
 * @property {string | null} [no_effect] why it does nothing
 * @property {unknown} default
 */
/** @typedef {{ key: string, asked: unknown, used: unknown, reason: string }} Adjustment */
/** @typedef {{ revision: number, stored: Record<string, unknown>, effective: Record<string, unknown>, adjustments: Adjustment[] }} Document */

/** The first part of a key. @param {string} key */
export function sectionOf(key) {
  return key.split(".")[0] ?? "";
}

/** The sections in the order of the settings. @param {Description[]} all */
export function sections(all) {
  return [...new Set(all.map((one) => sectionOf(one.key)))];
}

/** Short forms that are written in capitals. */
const CAPITALS = /\b(api|csrf|dht|dns|http|https|i2p|id|io|ip|lsd|lt|mtu|nat|os|pex|rss|sam|ssl|tcp|tls|tos|ttl|udp|upnp|url|utp|v1|v2|v4|v6)\b/gu;

/** The name of a setting for people: what its key says. @param {string} key */
export function nameOf(key) {
  if (has(`setting.${key}`)) return t(`setting.${key}`);
  const words = key.slice(key.indexOf(".") + 1).replaceAll("_", " ");
  const written = words.replace(CAPITALS, (word) => word.toUpperCase());
  return written.charAt(0).toUpperCase() + written.slice(1);
}

/** What a setting does, in the language of the page where the catalogue knows it. @param {Description} description */
export function docOf({ key, doc }) {
  return { text: tOr(`setting.${key}.doc`, doc), lang: has(`setting.${key}.doc`) ? undefined : "en" };
}

/** A text in which backticks mark what is written literally. @param {string} text */
export function marked(text) {
  return text.split("`").map((part, at) => (at % 2 ? html`<code>${part}</code>` : part));
}

/** The words of a choice; empty for other kinds. @param {string} kind */
export function choices(kind) {
  return kind.startsWith("one of ") ? kind.slice("one of ".length).split(", ") : [];
}

/** Units by the ends of keys, the longest first. @type {[string, string][]} */
const UNITS = [
  ["_bytes_per_second", "B/s"], ["_per_second", "/s"], ["_download_kib", "KiB/s"], ["_upload_kib", "KiB/s"], ["_seconds", "s"],
  ["_ms", "ms"], ["_minutes", "min"], ["_hours", "h"], ["_percent", "%"], ["_bytes", "B"], ["_kib", "KiB"], ["_mib", "MiB"],
];

/** The unit of a setting; empty for plain numbers. @param {string} key */
export function unitOf(key) {
  return UNITS.find(([end]) => key.endsWith(end))?.[1] ?? "";
}

/** True for a time of day, in minutes after midnight. @param {string} key */
export function isTimeOfDay(key) {
  return key.endsWith("_minute");
}

/** A large number in units that people read; empty where it reads well already. @param {string} key @param {unknown} value */
export function readable(key, value) {
  if (typeof value !== "number") return "";
  const unit = unitOf(key);
  if (unit.startsWith("B") && value >= 1024) return bytes(value) + unit.slice(1);
  if (unit === "s" && value >= 120) return duration(value);
  return unit === "min" && value >= 120 ? duration(value * 60) : "";
}

/** @param {number} minutes after midnight */
export function clock(minutes) {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");
}

/** A value of a setting as text for people. @param {string} key @param {unknown} value */
export function shown(key, value) {
  if (value === null || value === undefined) return t("settings.none");
  if (typeof value === "boolean") return t(value ? "common.on" : "common.off");
  if (Array.isArray(value) && value.length === 0) return t("settings.empty_list");
  if (value === "") return t("settings.empty_text");
  if (typeof value === "number") return isTimeOfDay(key) ? clock(value) : readable(key, value) || [String(value), unitOf(key)].filter(Boolean).join(" ");
  return typeof value === "string" ? tOr(`setting.${key}.${value}`, value) : JSON.stringify(value);
}

/** Why another value is in force. @param {Adjustment} adjustment @param {Description | undefined} description */
export function reasonOf({ reason }, description) {
  const { minimum, maximum } = description ?? {};
  const isRange = typeof minimum === "number" && typeof maximum === "number" && reason === `must be from ${minimum} to ${maximum}`;
  return isRange ? t("settings.out_of_range", { minimum, maximum }) : tOr(`reason.${reason}`, reason);
}

/** @param {unknown} a @param {unknown} b */
export function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}
