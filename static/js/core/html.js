// The one door to the rendering library. Values are escaped by construction: nothing here parses HTML.

export {
  html,
  h,
  render,
  Component,
  useState,
  useReducer,
  useEffect,
  useLayoutEffect,
  useRef,
  useMemo,
  useCallback,
  useErrorBoundary,
} from "../../vendor/htm-preact/standalone.module.js";

/** @typedef {import("../../vendor/htm-preact/standalone.module.js").VNode} VNode */
/** @typedef {import("../../vendor/htm-preact/standalone.module.js").Child} Child */

/**
 * Joins the class names that hold.
 * @param {...(string | false | null | undefined)} names
 */
export function classes(...names) {
  return names.filter(Boolean).join(" ");
}

let last = 0;

/** Returns an id that no other element of the document has. @param {string} [prefix] */
export function freshId(prefix = "e") {
  last += 1;
  return `${prefix}${last}`;
}
