/** The last closed trades as a table, for large screens. */

import { h, setText } from "../dom.js";
import { baseOf, capital, change, leverage, percentChange, price, quantity, toneOf } from "../format.js";
import { span, when, zone } from "../time.js";
import { pair, tableOf } from "./table.js";
import { exitWords, newestFirst } from "./trade_rows.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {{trade: Record<string, any>, stats: Record<string, any> | undefined}} Item */

/** @param {App} app @returns {import("./table.js").Table} */
export function tradeTable(app) {
  return tableOf("Closed trades", ["Trade", "Size", ["Entry", "Exit"], "Held", "Fees, funding", ["Net P&L", "ROE"], `Closed, ${zone.name}`],
    (state) => [...state.trades].sort(newestFirst).map((trade) => ({ trade, stats: state.stats[trade.symbol] })),
    { key: (/** @type {Item} */ item) => item.trade.id, create: (item) => row(item, app) });
}

/** @param {Item} item @param {App} app */
function row({ trade, stats }, app) {
  const { symbol, net_pnl: net } = trade;
  const text = (/** @type {string} */ words, classes = "") => h("span", { class: classes }, words);
  const closed = h("span");
  const tone = toneOf(net);
  const name = h("a.name", { href: app.router.href("trades", { trade: trade.id }) }, baseOf(symbol, stats));
  const el = h("tr.fact", {},
    h("th", { scope: "row" }, name, " ", h("span.tag", {}, `${capital(trade.side)} ${leverage(trade.leverage)}`), h("small", {}, trade.strategy)),
    h("td", {}, quantity(trade.qty, symbol, stats)),
    pair(text(price(trade.entry_price, stats)), text(price(trade.exit_price, stats))),
    h("td", {}, span(trade.closed_at - trade.opened_at)),
    pair(text(change(-trade.fees)), text(change(trade.funding))),
    pair(text(change(net), `num ${tone}`), text(percentChange(trade.roe_pct), tone)),
    pair(closed, text(exitWords(trade))));
  return { el, update: () => { setText(closed, when(trade.closed_at, app.clock.now())); } };
}
