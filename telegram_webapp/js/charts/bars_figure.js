/** Upright bars: how many trades came to how much, or what each hour came to. */

import { MINUS, change, counted, digits } from "../format.js";
import { colour, layoutOf } from "./theme.js";
import { roundTicks } from "./ticks.js";

/** @typedef {{width: number, bins: [from: number, count: number][]}} Histogram */
/** @typedef {{label: string, value: number, text: string}} Bar */

const DIGIT_PX = 6.2;
const LABEL_PX = 30;
const TICK_PX = 64;

/**
 * Trades by what they came to; those that lost stand left of the line.
 * @param {Histogram} histogram
 * @param {import("./plot.js").Size} size
 * @returns {import("./plot.js").Figure}
 */
export function histogramFigure({ width, bins }, size) {
  const middles = bins.map(([from]) => from + width / 2);
  const counts = bins.map(([, count]) => count);
  const most = Math.max(...counts, 1);
  const [low, high] = [Math.min(bins[0][0], 0), Math.max(bins[bins.length - 1][0] + width, 0)];
  const ticks = roundTicks(low, high, Math.max(3, Math.floor(size.width / TICK_PX))).filter((value) => value < high - (high - low) * 0.04);
  const whole = ticks.every((value) => Number.isInteger(value));
  const money = (/** @type {number} */ value) => change(value, whole ? 0 : 2);
  const levels = [...new Set(roundTicks(0, most * 1.1, 3).map(Math.round))];
  return {
    data: [{
      type: "bar", x: middles, y: counts, width: width * 0.84, marker: { color: middles.map((value) => colour(value >= 0 ? "gain" : "loss")), cornerradius: 3 },
      text: bins.map(([from, count]) => `${counted(count, "trade")}, ${change(from)} to ${change(from + width)}`), textposition: "none", hovertemplate: "%{text}<extra></extra>",
    }],
    layout: layoutOf({
      margin: { l: 0, r: 10 + String(most).length * DIGIT_PX + 8, t: 6, b: 20 }, hovermode: "closest",
      xaxis: { range: [low - width * 0.2, high + width * 0.2], tickvals: ticks, ticktext: ticks.map(money) },
      yaxis: { range: [0, most * 1.1], tickvals: levels, ticktext: levels.map((value) => digits(value, 0)) },
      shapes: [{ type: "line", x0: 0, x1: 0, yref: "paper", y0: 0, y1: 1, line: { width: 1, color: colour("line-strong") } }],
    }),
  };
}

/**
 * Money by a place in the day or the week.
 * @param {Bar[]} bars in order
 * @param {import("./plot.js").Size} size
 * @returns {import("./plot.js").Figure}
 */
export function placesFigure(bars, size) {
  const values = bars.map(({ value }) => value);
  const [low, high] = [Math.min(...values, 0), Math.max(...values, 0)];
  const span = high - low || 1;
  const ticks = roundTicks(low - span * 0.05, high + span * 0.05, 3);
  const texts = ticks.map((value) => (value === 0 ? "$0" : `${value < 0 ? MINUS : "+"}$${short(value)}`));
  const margin = 10 + Math.max(...texts.map((text) => text.length)) * DIGIT_PX;
  const every = Math.max(1, Math.ceil((bars.length * LABEL_PX) / (size.width - margin)));
  const step = bars.length === 24 ? [1, 2, 3, 4, 6, 8, 12].find((count) => count >= every) ?? 12 : every;
  const places = bars.map((_, i) => i).filter((i) => i % step === 0);
  return {
    data: [{
      type: "bar", x: bars.map((_, i) => i), y: values, width: 0.72, marker: { color: values.map((value) => colour(value >= 0 ? "gain" : "loss")), cornerradius: 3 },
      text: bars.map(({ text }) => text), textposition: "none", hovertemplate: "%{text}<extra></extra>",
    }],
    layout: layoutOf({
      margin: { l: 0, r: margin, t: 6, b: 20 }, hovermode: "closest",
      xaxis: { range: [-0.6, bars.length - 0.4], tickvals: places, ticktext: places.map((i) => bars[i].label) },
      yaxis: { range: [low - span * 0.08, high + span * 0.08], tickvals: ticks, ticktext: texts },
      shapes: [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: 0, y1: 0, line: { width: 1, color: colour("line-strong") } }],
    }),
  };
}

/** `12`, `0.5`, `1.2k` @param {number} value */
function short(value) {
  const size = Math.abs(value);
  if (size >= 1_000_000) return `${Number((size / 1e6).toPrecision(3))}M`;
  if (size >= 10_000) return `${Number((size / 1000).toPrecision(3))}k`;
  return digits(size, size >= 10 || Number.isInteger(size) ? 0 : 2);
}
