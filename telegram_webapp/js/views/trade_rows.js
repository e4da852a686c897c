/** Closed trades as rows of a list; a row leads to the trade. */

import { h, keyedList, setAttr, setText } from "../dom.js";
import { baseOf, capital, change, leverage, percentChange, toneOf } from "../format.js";
import { icon } from "../icons.js";
import { day, hourMinute, span } from "../time.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Trade */

const ICONS = { stop: "stop", target: "target", liquidation: "alert", manual: "person", timeout: "clock" };

/** How a trade ended: "by stop", "by hand". @param {Trade} trade @returns {string} */
export function exitWords(trade) {
  return `by ${trade.exit_reason === "manual" ? "hand" : trade.exit_reason}`;
}

/** Where a trade is told whole, of the account that is looked at. @param {App} app @param {string} id */
export function tradeHref(app, id) {
  const account = app.router.current.params.get("account");
  return app.router.href("trades", account ? { trade: id, account } : { trade: id });
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
  const link = h("a.trade", {},
    h("span.ic", { class: `ic ${tone === "flat" ? "" : tone}` }, icon(name)),
    h("div", {},
      h("div.h", {}, h("span", {}, baseOf(symbol)), h("span.tag", {}, `${capital(side)} ${leverage(trade.leverage)}`)),
      h("div.m", {}, `${strategy}, ${exitWords(trade)}, ${held}`)),
    h("div.r", {}, h("div", { class: `num ${tone}` }, change(net)), h("div.m", {}, `${percentChange(trade.roe_pct)} · `, time)));
  return {
    el: h("li.fact", {}, link),
    update() {
      setText(time, shortTime(trade.closed_at, app.clock.now()));
      setAttr(link, "href", tradeHref(app, trade.id));
    },
  };
}

/** The time of day, or the date alone when it is not today's. @param {number} at @param {number} now */
function shortTime(at, now) {
  return day(at) === day(now) ? hourMinute(at) : day(at);
}
