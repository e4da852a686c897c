/** A card of named facts that keep themselves up to date. */

import { h, setText } from "../dom.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {[label: string, read: (state: import("../fold.js").State, app: App) => string]} FactRow */

/**
 * Make the card.
 * @param {string} title
 * @param {FactRow[]} rows a fact that reads "" is not shown
 * @param {App} app
 * @returns {{el: HTMLElement, update: (state: import("../fold.js").State) => void}}
 */
export function factCard(title, rows, app) {
  const cells = rows.map(([label, read]) => {
    const value = h("dd");
    return { read, value, el: h("div", {}, h("dt", {}, label), value) };
  });
  return {
    el: h("section.card.panel", {}, h("h2", {}, title), h("dl.kv", {}, ...cells.map(({ el }) => el))),
    update(state) {
      for (const { read, value, el } of cells) {
        const text = read(state, app);
        el.hidden = !text;
        setText(value, text);
      }
    },
  };
}
