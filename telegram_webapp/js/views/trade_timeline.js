/** What happened to one position, in order: opened, funding, parts, closed. */

import { h } from "../dom.js";
import { change, money, price as priceText, quantity, toneOf } from "../format.js";
import { day, hourMinuteSecond, span } from "../time.js";
import { exitWords } from "./trade_rows.js";

/** @typedef {Record<string, any>} Fact */
/** @typedef {{at: number, title: string, detail: string, amount: number | null, end?: boolean}} Step */

/**
 * Build the rows.
 * @param {Fact} trade
 * @param {Fact[]} facts of its position; those that are not kept any more are left out
 * @param {any} stats of its symbol
 * @returns {HTMLElement[]}
 */
export function timelineOf(trade, facts, stats) {
  const fills = facts.filter((fact) => fact.kind === "order_filled");
  const parts = [fills.filter((fill) => !fill.reduce_only), fills.filter((fill) => fill.reduce_only)];
  const middle = [
    ...facts.filter((fact) => fact.kind === "funding_paid").map(({ at, title, detail, amount }) => ({ at, title, detail, amount })),
    // A side that was filled at once is told by its end alone.
    ...parts.filter((side) => side.length > 1).flat().map((fill) => filled(fill, stats)),
  ].sort((a, b) => a.at - b.at);
  return [opened(trade, stats, parts[0]), ...middle, closed(trade, stats, parts[1])].map((step) => row(step, trade));
}

/** @param {Fact} fill @param {any} stats @returns {Step} */
function filled(fill, stats) {
  const what = `${quantity(fill.qty, fill.symbol, stats)} at ${priceText(fill.price, stats)}, fee ${money(fill.fee)}`;
  return { at: fill.at, title: fill.side === "buy" ? "Bought" : "Sold", detail: what, amount: null };
}

/** @param {Fact} trade @param {any} stats @param {Fact[]} fills @returns {Step} */
function opened(trade, stats, fills) {
  const detail = `${quantity(trade.qty, trade.symbol, stats)} at ${priceText(trade.entry_price, stats)}${cost(fills)}`;
  return { at: trade.opened_at, end: true, title: `Opened ${trade.side}`, detail, amount: null };
}

/** @param {Fact} trade @param {any} stats @param {Fact[]} fills @returns {Step} */
function closed(trade, stats, fills) {
  const detail = `at ${priceText(trade.exit_price, stats)}${cost(fills)}, after ${span(trade.closed_at - trade.opened_at)}`;
  return { at: trade.closed_at, end: true, title: `Closed ${exitWords(trade)}`, detail, amount: trade.net_pnl };
}

/** @param {Fact[]} fills of one side @returns {string} */
function cost(fills) {
  if (!fills.length) return "";
  const fee = money(fills.reduce((sum, fill) => sum + fill.fee, 0));
  return fills.length > 1 ? ` on average, fees ${fee}` : `, fee ${fee}`;
}

/** @param {Step} step @param {Fact} trade */
function row(step, trade) {
  const date = day(step.at) === day(trade.opened_at) ? "" : `${day(step.at)}, `;
  return h(step.end ? "li.end" : "li", {},
    h("div", {}, h("div.h", {}, step.title), h("div.m", {}, step.detail)),
    h("div.r", {}, step.amount !== null && h("div", { class: `num ${toneOf(step.amount)}` }, change(step.amount)), h("div.m", {}, `${date}${hourMinuteSecond(step.at)}`)));
}
