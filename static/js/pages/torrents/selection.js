// What is selected: some torrents by id, or all that match but for some.

/** @typedef {{ ids: Set<string>, all: boolean, anchor: number, focus: number }} Selection `ids` are left out if `all` */

/** @type {Selection} */
export const NOTHING = { ids: new Set(), all: false, anchor: -1, focus: -1 };

/** @param {Selection} selection @param {string} id */
export function isSelected(selection, id) {
  return selection.all ? !selection.ids.has(id) : selection.ids.has(id);
}

/** @param {Selection} selection @param {number} total */
export function count(selection, total) {
  return selection.all ? Math.max(0, total - selection.ids.size) : selection.ids.size;
}

/** @param {Selection} selection @param {string} id @param {number} index @returns {Selection} */
export function toggle(selection, id, index) {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ...selection, ids, anchor: index, focus: index };
}

/** @param {string} id @param {number} index @returns {Selection} */
export function only(id, index) {
  return { ids: new Set([id]), all: false, anchor: index, focus: index };
}

/** @param {Selection} selection @returns {Selection} */
export function everything(selection) {
  return { ...selection, ids: new Set(), all: true };
}

/** @param {Selection} selection @returns {Selection} */
export function none(selection) {
  return { ...selection, ids: new Set(), all: false };
}
