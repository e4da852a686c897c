/** The order book of a market: depth to both sides, its best levels, which side has more. */

import { serverChart } from "../charts/server_chart.js";
import { h, setAttr, setText } from "../dom.js";
import { UNKNOWN, digits, percent, percentChange, price as priceText, quantity } from "../format.js";
import { figureCell } from "./figure_cell.js";
import { asked } from "./market_asked.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {[price: number, qty: number]} Level */

const EVERY_MS = 2000;
const LEVELS = 10;
/** Less than this is no more to one side than to the other. */
const EVEN_PCT = 5;

/** @param {HTMLElement} root @param {App} app @returns {import("./market_themes.js").Theme} */
export function mount(root, app) {
  let symbol = "";
  const chart = serverChart(app, { type: "depth", height: 260, label: "Depth of the book" });
  const ladder = ladderOf(app);
  const cells = { bid: figureCell("Best bid"), ask: figureCell("Best ask"), spread: figureCell("Spread"), lean: figureCell("Imbalance") };
  const lean = leanBar();
  const feed = asked(app, { path: "api/depth", everyMs: EVERY_MS, what: "The book", show });
  root.append(h("div.theme-grid.wide-left", {},
    h("div.stack", {}, sectionCard("Depth", chart.el).el,
      h("section.card", {}, h("h2.vh", {}, "Now"), h("dl.figs.four", {}, ...Object.values(cells).map(({ el }) => el)), lean.el)),
    sectionCard("Best levels", ladder.el, feed.el).el));

  return {
    look(next) {
      symbol = next;
      chart.show({ symbol });
      feed.look({ symbol, levels: LEVELS });
    },
    update(_, changed) {
      feed.update(changed);
      chart.update(changed);
    },
    unmount() {
      feed.unmount();
      chart.unmount();
    },
  };

  /** @param {Record<string, any> | null} book */
  function show(book) {
    const stats = app.store.state?.stats[symbol];
    const [bid, ask] = [book?.bids[0], book?.asks[0]];
    const level = (/** @type {Level | undefined} */ one) => [one ? priceText(one[0], stats) : UNKNOWN, one ? quantity(one[1], symbol, stats) : book ? "nobody there" : ""];
    cells.bid.show(level(bid)[0], level(bid)[1]);
    cells.ask.show(level(ask)[0], level(ask)[1]);
    cells.spread.show(bid && ask ? priceText(ask[0] - bid[0], stats) : UNKNOWN, typeof book?.spread_bps === "number" ? `${digits(book.spread_bps, 2)} bps of price` : "");
    const share = typeof book?.imbalance_pct === "number" ? book.imbalance_pct : null;
    cells.lean.show(share === null ? UNKNOWN : percentChange(share, 1), leanWords(share));
    lean.show(share);
    ladder.show(symbol, book?.bids ?? [], book?.asks ?? []);
    if (book && !book.stale) chart.reload();
  }
}

/** @param {number | null} share */
function leanWords(share) {
  if (share === null) return "";
  if (Math.abs(share) < EVEN_PCT) return "about even";
  return share > 0 ? "more to buy" : "more to sell";
}

/** What is bid and what is asked, as parts of one bar; the line between them is the middle. */
function leanBar() {
  const bids = h("i");
  const words = [h("span"), h("span")];
  return {
    el: h("div.lean", { "aria-hidden": "true" }, h("div.lean-bar", {}, bids), h("div.lean-words.cap", {}, ...words)),
    /** @param {number | null} share bids less asks, in percent of both */
    show(share) {
      // Rounded before it is taken from the whole, so that both add up as they are read.
      const part = share === null ? 50 : Math.round(10 * (50 + share / 2)) / 10;
      bids.style.width = `${part.toFixed(1)}%`;
      setText(words[0], share === null ? "Bids" : `Bids ${percent(part)}`);
      setText(words[1], share === null ? "Asks" : `Asks ${percent(100 - part)}`);
    },
  };
}

/** Its best levels as a table of so many rows, whatever comes. @param {App} app */
function ladderOf(app) {
  const rows = Array.from({ length: LEVELS }, () => [0, 1, 2, 3].map(() => h("td")));
  const heads = ["Quantity", "Bid", "Ask", "Quantity"].map((word) => h("th", { scope: "col" }, word));
  const body = h("tbody", {}, ...rows.map((cells) => h("tr", {}, ...cells)));
  return {
    el: h("table.ladder", {}, h("caption.vh", {}, "Best bids and asks, best first"), h("thead", {}, h("tr", {}, ...heads)), body),
    /** @param {string} symbol @param {Level[]} bids @param {Level[]} asks */
    show(symbol, bids, asks) {
      const stats = app.store.state?.stats[symbol];
      const most = Math.max(0, ...[...bids, ...asks].slice(0, 2 * LEVELS).map(([, qty]) => qty));
      const qtyText = (/** @type {Level} */ [, qty]) => digits(qty, stats?.qty_decimals ?? 3);
      rows.forEach((cells, i) => {
        const [bid, ask] = [bids[i], asks[i]];
        setText(cells[0], bid ? qtyText(bid) : UNKNOWN);
        setText(cells[1], bid ? priceText(bid[0], stats) : UNKNOWN);
        setText(cells[2], ask ? priceText(ask[0], stats) : UNKNOWN);
        setText(cells[3], ask ? qtyText(ask) : UNKNOWN);
        for (const [cell, one] of /** @type {[HTMLElement, Level | undefined][]} */ ([[cells[0], bid], [cells[3], ask]])) {
          setAttr(cell, "style", one && most ? `--share:${((100 * one[1]) / most).toFixed(1)}%` : null);
        }
      });
    },
  };
}
