/** The desk's markets: funding, a day as a line, price and change; a press shows the candles. */

import { h, keyedList, setText } from "../dom.js";
import { showChange, showFigure } from "../figure.js";
import { MINUS, UNKNOWN, digits, percentChange, price as priceText } from "../format.js";
import { sparkline } from "../icons.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {{price: Record<string, any>, stats: Record<string, any> | undefined}} Market */

const LINE = { width: 64, height: 24 };

/**
 * @param {HTMLElement} root
 * @param {App} _
 * @param {(symbol: string) => void} choose
 * @returns {import("../main.js").View}
 */
export function mount(root, _, choose) {
  const list = h("ul.watch");
  root.append(h("div.desk-head", {}, h("h2", {}, "Prices"), h("span.sp"), h("span.cap", {}, "24h")), list);
  const show = keyedList(list, { key: (/** @type {Market} */ item) => item.price.symbol, create: (item) => row(item.price.symbol, choose) });
  return {
    update(state, changed) {
      if (!state || !(changed.has("prices") || changed.has("stats"))) return;
      show(Object.values(state.prices).map((price) => ({ price, stats: state.stats[price.symbol] })));
    },
    unmount() {},
  };
}

/** @param {string} symbol @param {(symbol: string) => void} choose */
function row(symbol, choose) {
  const funding = h("small");
  const line = h("span.line");
  const last = h("span.live");
  const change = h("small.live.num");
  const el = h("li", {}, h("button", { type: "button", onclick: () => choose(symbol) }, h("span.n", {}, symbol, funding), line, h("span.p", {}, last, change)));
  /** @type {any} */
  let drawn = null;
  return {
    el,
    /** @param {Market} market */
    update({ price, stats }) {
      showFigure(last, price.last, priceText(price.last, stats));
      const day = price.change_24h_pct;
      showChange(change, day ?? 0, day === null ? UNKNOWN : percentChange(day));
      setText(funding, fundingText(stats?.funding_rate));
      if (!stats || drawn === stats.spark) return;
      drawn = stats.spark;
      line.replaceChildren(sparkline(drawn, LINE.width, LINE.height));
    },
  };
}

/** @param {number | null | undefined} rate @returns {string} */
function fundingText(rate) {
  if (typeof rate !== "number") return `funding ${UNKNOWN}`;
  return `funding ${rate < 0 ? MINUS : ""}${digits(rate * 100, 4)}%`;
}
