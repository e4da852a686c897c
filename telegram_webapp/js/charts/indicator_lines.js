/** The indicators one may choose: what each is called, how its lines are drawn. */

import { bollinger, ema, rsi, vwap } from "./indicators.js";

/** @typedef {import("./candle_series.js").Candle} Candle */
/** @typedef {import("./indicators.js").Line} Line */

/**
 * How one is drawn; the hand is the same in the chart and on its chip.
 * @typedef {object} Indicator
 * @property {string} word with its parameters
 * @property {string} token
 * @property {string} dash
 * @property {string} about what it says, for who asks
 * @property {(candles: Candle[]) => Line[]} lines
 */

const closes = (/** @type {Candle[]} */ candles) => candles.map((candle) => candle[4]);

/** @type {Record<string, Indicator>} */
export const INDICATORS = {
  ema20: { word: "EMA 20", token: "accent", dash: "", about: "Exponential mean of 20 closes", lines: (candles) => [ema(closes(candles), 20)] },
  ema50: { word: "EMA 50", token: "series-b", dash: "6px,3px", about: "Exponential mean of 50 closes", lines: (candles) => [ema(closes(candles), 50)] },
  bands: { word: "Bollinger 20, 2σ", token: "text-3", dash: "", about: "Mean of 20 closes, and two standard deviations to both sides", lines: bands },
  vwap: { word: "VWAP, day", token: "text-2", dash: "8px,3px,2px,3px", about: "Mean price of the volume since 00:00 UTC", lines: (candles) => [vwap(candles)] },
  rsi: { word: "RSI 14", token: "accent", dash: "", about: "Share of the rises in the last moves, after Wilder, 0 to 100", lines: (candles) => [rsi(closes(candles), 14)] },
};
/** It has a scale of its own, so it is drawn below the candles. */
export const BELOW = "rsi";
/** Candles before the first one that is shown, so that every line is settled there. */
export const WARM_UP = 100;

/** @param {Candle[]} candles @returns {Line[]} */
function bands(candles) {
  const { upper, lower } = bollinger(closes(candles), 20, 2);
  return [upper, lower];
}

/**
 * The lines of those that are chosen.
 * @typedef {{name: string, lines: Line[]}} Drawn
 * @param {string[]} names
 * @param {Candle[]} candles all there are
 * @param {number} from index of the first that is shown
 * @returns {Drawn[]} from there on
 */
export function linesOf(names, candles, from) {
  return names.map((name) => ({ name, lines: INDICATORS[name].lines(candles).map((line) => line.slice(from)) }));
}
