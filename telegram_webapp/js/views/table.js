/** A table whose rows stay in step with a list. */

import { h, keyedList } from "../dom.js";

/** @typedef {{el: HTMLElement, update: (state: import("../fold.js").State) => number}} Table */

/**
 * Make a table.
 * @template T
 * @param {string} name for screen readers
 * @param {(string | [string, string])[]} heads a pair is written in two lines; "" has no words
 * @param {(state: import("../fold.js").State) => T[]} items
 * @param {{key: (item: T) => string, create: (item: T) => {el: HTMLElement, update: (item: T) => void}}} how
 * @returns {Table} its update returns how many rows there are
 */
export function tableOf(name, heads, items, how) {
  const body = h("tbody");
  const head = (/** @type {string | [string, string]} */ words) => {
    if (words === "") return h("td");
    const [first, second] = Array.isArray(words) ? words : [words, ""];
    return h("th", { scope: "col" }, first, second && h("br"), second);
  };
  const el = h(`table.tbl.tbl-${name.toLowerCase().replace(" ", "-")}`, {}, h("caption.vh", {}, name), h("thead", {}, h("tr", {}, ...heads.map(head))), body);
  const show = keyedList(body, how);
  return {
    el,
    update(state) {
      const rows = items(state);
      show(rows);
      return rows.length;
    },
  };
}

/**
 * A cell of two lines.
 * @param {HTMLElement} main
 * @param {HTMLElement} under
 * @returns {HTMLElement}
 */
export function pair(main, under) {
  return h("td", {}, main, h("small", {}, under));
}
