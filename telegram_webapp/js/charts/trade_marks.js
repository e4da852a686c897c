/** Entries and exits as points in time, from closed trades and open positions. */

import { change, leverage } from "../format.js";

/**
 * @typedef {object} Mark
 * @property {number} at ms
 * @property {"long" | "short" | "exit"} kind
 * @property {string} text one line for the reader
 * @property {number} weight what it came to, for choosing when there are too many
 */

/**
 * Join trades of several sources; the later source wins.
 * @param {...Record<string, any>[]} sources
 * @returns {Record<string, any>[]}
 */
export function joinTrades(...sources) {
  return [...new Map(sources.flat().map((trade) => [trade.id, trade])).values()];
}

/**
 * The marks between two times, oldest first; of too many the trades that moved most money.
 * @param {{trades: Record<string, any>[], positions: Record<string, any>[]}} from
 * @param {[number, number]} span ms
 * @param {number} most marks
 * @returns {{marks: Mark[], whole: boolean}} whole: none was left out
 */
export function marksOf({ trades, positions }, [start, end], most) {
  /** @type {Mark[]} */
  const marks = [];
  for (const item of positions) marks.push(entry(item, Infinity));
  for (const trade of trades) {
    const weight = Math.abs(trade.net_pnl);
    marks.push(entry(trade, weight));
    marks.push({ at: trade.closed_at, kind: "exit", weight, text: `Exit ${trade.symbol} ${change(trade.net_pnl)}` });
  }
  const inside = marks.filter((mark) => mark.at >= start && mark.at <= end);
  const whole = inside.length <= most;
  if (!whole) inside.sort((a, b) => b.weight - a.weight).splice(most);
  return { marks: inside.sort((a, b) => a.at - b.at), whole };
}

/** @param {Record<string, any>} item trade or position @param {number} weight @returns {Mark} */
function entry(item, weight) {
  return { at: item.opened_at, kind: item.side, weight, text: `${item.side === "long" ? "Long" : "Short"} ${item.symbol} ${leverage(item.leverage)}` };
}
