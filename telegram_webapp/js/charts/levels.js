/** Prices worth a line across the candles: stop, target, entry, resting orders, the mark. */

import { capital, leverage } from "../format.js";

/**
 * @typedef {object} Level
 * @property {number} value
 * @property {"target" | "stop" | "entry" | "order" | "mark"} kind
 * @property {string} word at the left end of the line; "" for none
 */

/** What each kind looks like. @type {Record<Level["kind"], {token: string, dash: string}>} */
export const HANDS = {
  target: { token: "gain", dash: "dash" },
  stop: { token: "loss", dash: "dash" },
  entry: { token: "text-2", dash: "dot" },
  order: { token: "text-2", dash: "dash" },
  mark: { token: "accent", dash: "dot" },
};

/**
 * The levels of a symbol now.
 * @param {import("../fold.js").State} state
 * @param {string} symbol
 * @returns {Level[]} most important last, so that it is drawn on top
 */
export function levelsOf(state, symbol) {
  const positions = Object.values(state.positions).filter((position) => position.symbol === symbol);
  const whose = (/** @type {Record<string, any>} */ item) => (positions.length > 1 ? ` of ${item.strategy}` : "");
  /** @type {Level[]} */
  const levels = [];
  for (const order of Object.values(state.orders)) {
    if (order.symbol === symbol && !order.reduce_only) {
      levels.push({ kind: "order", value: order.price ?? order.trigger_price, word: `${capital(order.type)} ${order.side}` });
    }
  }
  for (const position of positions) {
    levels.push({ kind: "target", value: position.target_price, word: `Target${whose(position)}` });
    levels.push({ kind: "stop", value: position.stop_price, word: `Stop${whose(position)}` });
    levels.push({ kind: "entry", value: position.entry_price, word: `Entry, ${position.side} ${leverage(position.leverage)}${whose(position)}` });
  }
  levels.push({ kind: "mark", value: state.prices[symbol]?.mark_price, word: "" });
  return levels.filter((level) => typeof level.value === "number");
}

/**
 * Move label positions apart as little as needed, in order.
 * @param {number[]} places px, any order
 * @param {number} gap least distance, px
 * @param {[number, number]} bounds px
 * @returns {number[]} new places in the order given
 */
export function spread(places, gap, [top, bottom]) {
  const order = places.map((_, i) => i).sort((a, b) => places[a] - places[b]);
  const moved = places.map((place) => Math.min(Math.max(place, top), bottom));
  for (let k = 1; k < order.length; k += 1) {
    moved[order[k]] = Math.max(moved[order[k]], moved[order[k - 1]] + gap);
  }
  for (let k = order.length - 1, limit = bottom; k >= 0; k -= 1) {
    moved[order[k]] = Math.min(moved[order[k]], limit);
    limit = moved[order[k]] - gap;
  }
  return moved;
}
