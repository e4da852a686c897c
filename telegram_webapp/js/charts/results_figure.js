/** Equity above, how far it lay under its peak below, on one axis of time. */

import { MINUS } from "../format.js";
import { amountTick } from "./as_wished.js";
import { colour, fading, layoutOf } from "./theme.js";
import { roundTicks, timeTicks } from "./ticks.js";

/** @typedef {[at: number, value: number]} Point */
/** @typedef {{equity: Point[], underwater: Point[]}} Results oldest first */

const [UPPER, LOWER] = [[0.36, 1], [0, 0.25]];
const DIGIT_PX = 6.2;

/** @param {Results} results @param {import("./plot.js").Size} size @param {string} ground @returns {import("./plot.js").Figure} */
export function resultsFigure({ equity, underwater }, size, ground) {
  const [low, high] = rangeOf(equity);
  const pad = Math.max((high - low) * 0.08, Math.abs(high) * 2e-4);
  const values = roundTicks(low - pad, high + pad, 4);
  const decimals = values.some((value) => Math.abs(value) < 100 && value % 1) ? 2 : 0;
  const texts = values.map((value) => amountTick(value, decimals));
  const margin = Math.max(40, 10 + Math.max(...texts.map((text) => text.length)) * DIGIT_PX);
  const [from, to] = spanOf(equity);
  const times = timeTicks(from, to, size.width - margin).filter(({ at }) => ((at - from) * (size.width - margin)) / (to - from) > 18);
  const deepest = underwater.reduce((worst, point) => (point[1] < worst[1] ? point : worst), /** @type {Point} */ ([from, 0]));
  const depth = Math.min(deepest[1], -0.1);
  return {
    data: [line(equity, low - pad, high), fall(underwater), dot(deepest, ground)],
    layout: layoutOf({
      margin: { l: 0, r: margin, t: 8, b: 20 },
      hoversubplots: "axis",
      xaxis: { type: "date", range: [from, to], anchor: "y2", tickvals: times.map(({ at }) => at), ticktext: times.map(({ text }) => text), unifiedhovertitle: { text: "%{x|%-d %b, %H:%M}" } },
      yaxis: { domain: UPPER, range: [low - pad, high + pad], tickvals: values, ticktext: texts },
      yaxis2: { domain: LOWER, range: [depth * 1.2, 0], ...depthTicks(depth) },
    }),
  };
}

/** @param {Point[]} points @returns {[number, number]} */
function rangeOf(points) {
  let [low, high] = [Infinity, -Infinity];
  for (const [, value] of points) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** From the first to the last point; a single one stands in the middle of an hour. @param {Point[]} points @returns {[number, number]} */
export function spanOf(points) {
  const [from, to] = [points[0][0], points[points.length - 1][0]];
  return to > from ? [from, to] : [from - 1_800_000, from + 1_800_000];
}

/** @param {number} depth */
function depthTicks(depth) {
  const values = roundTicks(depth * 1.2, 0, 2);
  return { tickvals: values, ticktext: values.map((value) => `${value < 0 ? MINUS : ""}${String(Math.abs(value))}%`) };
}

/** @param {Point[]} points @param {number} floor @param {number} high */
function line(points, floor, high) {
  const alone = points.length === 1;
  return {
    type: "scatter", mode: alone ? "markers" : "lines", x: points.map(([at]) => at), y: points.map(([, value]) => value), marker: { size: 8, color: colour("accent") },
    line: { color: colour("accent"), width: 2 }, fill: "tozeroy", fillgradient: fading("accent", [floor, high]), hovertemplate: "%{y:$,.2f}<extra></extra>",
  };
}

/** @param {Point[]} points */
function fall(points) {
  return {
    type: "scatter", mode: "lines", yaxis: "y2", x: points.map(([at]) => at), y: points.map(([, value]) => value),
    line: { color: colour("loss"), width: 1.5 }, fill: "tozeroy", fillcolor: colour("loss", 0.16), hovertemplate: "%{y:.2f}% under its peak<extra></extra>",
  };
}

/** The deepest place. @param {Point} point @param {string} ground */
function dot([at, value], ground) {
  return {
    type: "scatter", mode: "markers", yaxis: "y2", x: value < 0 ? [at] : [], y: value < 0 ? [value] : [], hoverinfo: "skip", cliponaxis: false,
    marker: { size: 8, color: colour("loss"), line: { width: 2, color: colour(ground) } },
  };
}
