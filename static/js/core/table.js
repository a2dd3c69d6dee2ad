// A table for lists that fit into the page: sortable, scrolling sideways on its own, cards on phones.

import { classes, html, useMemo, useState } from "./html.js";
import { icon } from "./icon.js";
import { t } from "./i18n.js";
import { collator, plain } from "./format.js";

/** @typedef {import("./html.js").Child} Child */
/**
 * @template R
 * @typedef {object} Column
 * @property {string} id
 * @property {string} label
 * @property {(row: R) => Child} cell
 * @property {(row: R) => string | number | null | undefined} [sort] makes it sortable
 * @property {boolean} [number] is aligned to the right
 * @property {boolean} [main] is the heading of the card on phones
 * @property {boolean} [actions] holds buttons: its heading is not shown
 */

/**
 * @template R
 * @param {{ label: string, columns: Column<R>[], rows: R[], id: (row: R) => string, empty?: Child, sort?: string, descending?: boolean }} props
 */
export function Table({ label, columns, rows, id, empty, sort, descending = false }) {
  const [order, setOrder] = useState({ column: sort ?? "", descending });
  const sorted = useMemo(() => {
    const by = columns.find((column) => column.id === order.column)?.sort;
    if (!by) return rows;
    const text = collator();
    const sign = order.descending ? -1 : 1;
    return [...rows].sort((a, b) => {
      const [left, right] = [by(a), by(b)];
      if (left === null || left === undefined) return 1;
      if (right === null || right === undefined) return -1;
      const compared =
        typeof left === "number" && typeof right === "number" ? left - right : text.compare(String(left), String(right));
      return compared * sign;
    });
  }, [rows, order, columns]);
  if (rows.length === 0) return html`<div class="empty">${empty ?? t("common.nothing")}</div>`;
  const turn = (/** @type {string} */ column) =>
    setOrder((old) => ({ column, descending: old.column === column ? !old.descending : false }));
  return html`<div class="table-frame" tabindex="0" role="group" aria-label=${label}>
    <table class="table">
      <caption class="visually-hidden">${label}</caption>
      <thead>
        <tr>
          ${columns.map((column) => {
            const is = order.column === column.id;
            return html`<th
              key=${column.id}
              scope="col"
              class=${column.number ? "number" : ""}
              aria-sort=${column.sort ? (is ? (order.descending ? "descending" : "ascending") : "none") : undefined}
            >
              ${column.sort
                ? html`<button type="button" class="sort" onClick=${() => turn(column.id)}>
                    ${column.label} ${is && icon(order.descending ? "arrow-down" : "arrow-up")}
                  </button>`
                : html`<span class=${column.actions ? "visually-hidden" : ""}>${column.label}</span>`}
            </th>`;
          })}
        </tr>
      </thead>
      <tbody>
        ${sorted.map(
          (row) => html`<tr key=${id(row)}>
            ${columns.map(
              (column) => html`<td
                key=${column.id}
                class=${`${column.number ? "number" : ""} ${column.main ? "main" : ""} ${column.actions ? "actions" : ""}`}
                data-label=${column.actions ? "" : column.label}
              >
                ${column.cell(row)}
              </td>`,
            )}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/**
 * A button of a row, which tells those who do not see the row whose it is.
 * @param {{ name: string, label: string, danger?: boolean, run: () => unknown }} props
 */
export function RowButton({ name, label, danger = false, run }) {
  return html`<button type="button" class=${classes("button", "small", danger && "danger")} onClick=${run}>
    ${label}<span class="visually-hidden"> (${plain(name)})</span>
  </button>`;
}
