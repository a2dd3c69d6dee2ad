// What the server says of its settings, and how it is put into words.

import { has, t } from "../../core/i18n.js";

/**
 * @typedef {object} Description
 * @property {string} key
 * @property {string} doc
 * @property {string} kind
 * @property {boolean} optional `null` is a value
 * @property {number | null} minimum
 * @property {number | null} maximum
 * @property {boolean} restart_needed
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

/** The words of a choice; empty for other kinds. @param {string} kind */
export function choices(kind) {
  return kind.startsWith("one of ") ? kind.slice("one of ".length).split(", ") : [];
}

/** A value as text for people. @param {unknown} value */
export function shown(value) {
  if (value === null || value === undefined) return t("settings.none");
  if (typeof value === "boolean") return t(value ? "common.on" : "common.off");
  if (Array.isArray(value) && value.length === 0) return t("settings.empty_list");
  if (value === "") return t("settings.empty_text");
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** @param {unknown} a @param {unknown} b */
export function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}
