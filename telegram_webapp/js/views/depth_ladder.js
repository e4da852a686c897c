/** The best levels of a market's book, asks above bids, each with its size as a bar. */

import { h, setText } from "../dom.js";
import { digits, percentChange, price as priceText, quantity } from "../format.js";
import { asked } from "./market_asked.js";

const EVERY_MS = 1000;
const LEVELS = 7;

/**
 * @param {HTMLElement} root
 * @param {import("../main.js").App} app
 * @returns {{look: (symbol: string) => void, update: (changed: Set<string>) => void, unmount: () => void}}
 */
export function depthLadder(root, app) {
  let symbol = "";
  const title = h("span.cap");
  const middle = h("p.cap.en-between");
  const [asks, bids] = [Array.from({ length: LEVELS }, () => level("loss")), Array.from({ length: LEVELS }, () => level("gain"))];
  const feed = asked(app, { path: "api/depth", everyMs: EVERY_MS, what: "The book", show });
  root.append(h("div.desk-head", {}, h("h2", {}, "Order book"), h("span.sp"), title),
    h("div.en-ladder", {}, h("ul", { "aria-label": "Asks" }, ...asks.map(({ el }) => el)), middle, h("ul", { "aria-label": "Bids" }, ...bids.map(({ el }) => el))), feed.el);
  return {
    look(next) {
      if (!next || next === symbol) return;
      symbol = next;
      setText(title, next);
      feed.look({ symbol, levels: LEVELS });
    },
    update: feed.update,
    unmount: feed.unmount,
  };

  /** @param {Record<string, any> | null} book */
  function show(book) {
    const most = Math.max(1e-12, ...[...(book?.bids ?? []), ...(book?.asks ?? [])].map(([, qty]) => qty));
    const stats = app.store.state?.stats[symbol];
    const set = (/** @type {ReturnType<typeof level>} */ row, /** @type {[number, number] | undefined} */ at) =>
      row.show(at ? priceText(at[0], stats) : "", at ? quantity(at[1], symbol, stats) : "", at ? at[1] / most : 0);
    asks.forEach((row, i) => set(row, book?.asks[LEVELS - 1 - i]));
    bids.forEach((row, i) => set(row, book?.bids[i]));
    const said = [typeof book?.spread_bps === "number" && `spread ${digits(book.spread_bps, 2)} bps`, typeof book?.imbalance_pct === "number" && `imbalance ${percentChange(book.imbalance_pct, 1)}`];
    setText(middle, said.filter(Boolean).join(", "));
  }
}

/** @param {string} tone */
function level(tone) {
  const bar = h("i");
  const [at, size] = [h("b"), h("span")];
  return {
    el: h(`li.${tone}`, {}, bar, at, size),
    /** @param {string} price @param {string} qty @param {number} share */
    show(price, qty, share) {
      setText(at, price);
      setText(size, qty);
      bar.style.transform = `scaleX(${share.toFixed(3)})`;
    },
  };
}
