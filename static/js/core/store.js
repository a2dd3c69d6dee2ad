// Values that several parts of the page look at.

import { useEffect, useState } from "./html.js";

/** @template T */
export class Store {
  /** @param {T} value */
  constructor(value) {
    /** @type {T} */
    this.value = value;
    /** @type {Set<(value: T) => void>} */
    this.listeners = new Set();
  }

  /** @param {T} value */
  set(value) {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of [...this.listeners]) listener(value);
  }

  /** Changes some members of an object. @param {Partial<T>} change */
  merge(change) {
    this.set({ ...this.value, ...change });
  }

  /**
   * @param {(value: T) => void} listener
   * @returns {() => void} ends the subscription
   */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}

/**
 * The present value of a store; the component renders again when it changes.
 * @template T
 * @param {Store<T>} store
 * @returns {T}
 */
export function useStore(store) {
  const [, renew] = useState(0);
  useEffect(() => {
    let count = 0;
    const seen = store.value;
    const end = store.subscribe(() => renew((count += 1) + Math.random()));
    // What changed between rendering and this effect is not missed.
    if (!Object.is(seen, store.value)) renew(Math.random());
    return end;
  }, [store]);
  return store.value;
}
