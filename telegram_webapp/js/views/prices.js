/** The markets that are watched: price, the last 24 hours as a line and as a percentage. */

import { h, keyedList, setAttr, setText } from "../dom.js";
import { showChange, showFigure } from "../figure.js";
import { UNKNOWN, baseOf, percentChange, price as priceText } from "../format.js";
import { sparkline } from "../icons.js";

const WAITING = 3;

/** @param {HTMLElement} root @param {import("../main.js").App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const list = h("div.prices");
  root.append(h("h2.vh", {}, "Prices, change over 24 hours"), list);
  list.append(...Array.from({ length: WAITING }, placeholder));
  /** @type {((items: any[]) => void) | null} */
  let show = null;

  return {
    update(state, changed) {
      if (!state || !(changed.has("prices") || changed.has("stats"))) return;
      const symbols = Object.keys(state.prices);
      if (!show) {
        if (!symbols.length) return;
        list.replaceChildren();
        show = keyedList(list, { key: (item) => item.price.symbol, create: (item) => tile(item.price.symbol, app) });
      }
      show(symbols.map((symbol) => ({ price: state.prices[symbol], stats: state.stats[symbol] })));
    },
    unmount() {},
  };
}

/** @returns {HTMLElement} */
function placeholder() {
  const lines = ["t", "p", "d"].map((name) => h(`span.${name}`, {}, h("span.live")));
  return h("div.price.card", { "aria-hidden": "true" }, ...lines);
}

/** @param {string} symbol @param {import("../main.js").App} app */
function tile(symbol, app) {
  const name = h("span.n");
  const line = h("span.sparkbox");
  const last = h("span.live");
  const change = h("span.live.num");
  const el = h("a.price.card", { href: app.router.href("market", { symbol }) },
    h("span.t", {}, name, line), h("span.p", {}, last), h("span.d", {}, change));
  /** @type {any} */
  let drawn = null;
  return {
    el,
    /** @param {{price: any, stats: any}} item */
    update({ price, stats }) {
      setText(name, baseOf(symbol, stats));
      setAttr(el, "title", symbol);
      showFigure(last, price.last, priceText(price.last, stats));
      setAttr(change, "title", price.change_24h_pct === null ? "Needs 24 hours of prices" : null);
      showChange(change, price.change_24h_pct ?? 0, price.change_24h_pct === null ? UNKNOWN : percentChange(price.change_24h_pct));
      if (!stats || drawn === stats.spark) return;
      drawn = stats.spark;
      line.replaceChildren(sparkline(drawn, 40, 16));
    },
  };
}
