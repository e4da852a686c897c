/** Closed trades as rows of a list; a row leads to the trade. */

import { h, keyedList, setText } from "../dom.js";
import { baseOf, capital, change, leverage, percentChange, toneOf } from "../format.js";
import { icon } from "../icons.js";
import { span, when } from "../time.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Trade */

const ICONS = { stop: "stop", target: "target", liquidation: "alert", manual: "person", timeout: "clock" };
const WORDS = { stop: "stop", target: "target", liquidation: "liquidated", manual: "by hand", timeout: "time ran out", signal: "signal" };

/** How a trade ended, in a word. @param {Trade} trade @returns {string} */
export function exitWord(trade) {
  return /** @type {Record<string, string>} */ (WORDS)[trade.exit_reason] ?? trade.exit_reason;
}

/** Newest first, as every list of trades is shown. @param {Trade} a @param {Trade} b @returns {number} */
export function newestFirst(a, b) {
  return b.closed_at - a.closed_at || (a.id < b.id ? 1 : -1);
}

/**
 * Keep a list in step with trades.
 * @param {HTMLElement} list a `ul.feed`
 * @param {App} app
 * @returns {(trades: Trade[]) => void}
 */
export function tradeRows(list, app) {
  return keyedList(list, { key: (/** @type {Trade} */ trade) => trade.id, create: (trade) => row(trade, app) });
}

/** @param {Trade} trade @param {App} app */
function row(trade, app) {
  const { symbol, side, strategy, net_pnl: net } = trade;
  const tone = toneOf(net);
  const time = h("span");
  const name = /** @type {Record<string, string>} */ (ICONS)[trade.exit_reason] ?? "flag";
  const held = span(trade.closed_at - trade.opened_at);
  const el = h("li.fact", {}, h("a.trade", { href: app.router.href("trades", { trade: trade.id }) },
    h("span.ic", { class: `ic ${tone === "flat" ? "" : tone}` }, icon(name)),
    h("div", {},
      h("div.h", {}, baseOf(symbol), " ", h("span.tag", {}, `${capital(side)} ${leverage(trade.leverage)}`)),
      h("div.m", {}, `${strategy}, ${exitWord(trade)}, held ${held}`)),
    h("div.r", {}, h("div", { class: `num ${tone}` }, change(net)), h("div.m", {}, `${percentChange(trade.roe_pct)} · `, time))));
  return { el, update: () => { setText(time, when(trade.closed_at, app.clock.now())); } };
}
