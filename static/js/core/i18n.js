// All text comes from one catalogue per language: key to text with `{placeholders}`.

/** @typedef {Record<string, string | number>} Values */

/** Languages with a complete catalogue, by their own names. */
export const languages = { en: "English", de: "Deutsch" };

/** @typedef {keyof typeof languages} Language */

/** @type {Record<string, string>} */
let catalogue = {};
/** @type {Language} */
let language = "en";
let plurals = new Intl.PluralRules("en");
/** @type {string | null} */
let region = null;

/** The language in use. */
export function currentLanguage() {
  return language;
}

/** The locale of numbers and dates: that of the browser if it speaks the language of the texts. */
export function locale() {
  region ??= navigator.languages.find((name) => name.split("-")[0] === language) ?? language;
  return region;
}

/**
 * Picks the language that was wished for, else the first that the browser wants and we have.
 * @param {string | null | undefined} wish
 * @returns {Language}
 */
export function choose(wish) {
  for (const name of [wish, ...navigator.languages]) {
    const short = /** @type {Language} */ (String(name).split("-")[0]);
    if (Object.hasOwn(languages, short)) return short;
  }
  return "en";
}

/** Loads a language. @param {Language} name */
export async function load(name) {
  const module = await (name === "de" ? import("../../i18n/de.js") : import("../../i18n/en.js"));
  catalogue = module.default;
  language = name;
  region = null;
  plurals = new Intl.PluralRules(name);
  document.documentElement.lang = name;
}

/** Adds the names and descriptions of the settings, which only their pages show. */
export async function loadSettings() {
  const name = language;
  const module = await (name === "de" ? import("../../i18n/de/settings.js") : import("../../i18n/en/settings.js"));
  if (name === language) catalogue = { ...catalogue, ...module.default };
}

/**
 * The text of a key. With a value `count`, the form `key.one` or `key.other` is taken where there is one.
 * @param {string} key
 * @param {Values} [values]
 */
export function t(key, values) {
  let text = catalogue[key];
  if (text === undefined && values && "count" in values) {
    text = catalogue[`${key}.${plurals.select(Number(values["count"]))}`] ?? catalogue[`${key}.other`];
  }
  if (text === undefined) return key;
  if (!values) return text;
  return text.replace(/\{(\w+)\}/gu, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? value.toLocaleString(locale()) : value;
  });
}

/** True if the catalogue has the key. @param {string} key */
export function has(key) {
  return Object.hasOwn(catalogue, key);
}

/** The text of a key, or another one if the catalogue does not know it. @param {string} key @param {string} fallback */
export function tOr(key, fallback) {
  return catalogue[key] ?? fallback;
}
