/** What the equity chart looks like, as Plotly wants to be told. */

import { amountTick } from "./as_wished.js";
import { valueAt } from "./equity_series.js";
import { colour, fading, layoutOf } from "./theme.js";
import { apart, timeTicks } from "./ticks.js";

/** @typedef {import("./equity_series.js").Point} Point */
/** @typedef {import("./trade_marks.js").Mark} Mark */

/**
 * What is drawn.
 * @typedef {object} Drawing
 * @property {Point[]} points oldest first; the last is now
 * @property {Mark[]} marks
 * @property {number | null} level value of the dotted line
 * @property {boolean} frozen nobody vouches for it just now
 * @property {string} ground token of what the chart stands on
 */

const EDGE_PX = 40;
const LABEL_PX = 15;
const FAR = 1.5;

/**
 * @param {Drawing} drawing
 * @param {import("./plot.js").Size} size
 * @returns {import("./plot.js").Figure & {levelShown: boolean, place: string}} place: where its end
 *     stands, to half a pixel; the same place needs no new drawing
 */
export function equityFigure(drawing, size) {
  const { points, marks } = drawing;
  const scale = scaleOf(drawing);
  const [start, end] = [points[0][0], points[points.length - 1][0]];
  const axis = axisText(scale, size);
  const width = Math.max(size.width - EDGE_PX - axis.digits * 6, 60);
  const pad = ((end - start) * 8) / width;
  const times = timeTicks(start, end, width).filter(({ at }) => ((at - start) * width) / (end - start) > 18);
  return {
    levelShown: scale.level !== null,
    plain: true,
    place: [scale.low, scale.high, Math.round((2 * end * width) / (end - start)), Math.round((2 * size.height * points[points.length - 1][1]) / (scale.high - scale.low))].join(),
    data: [line(drawing, scale), ...markTraces(points, marks, scale, drawing.ground), dot(drawing)],
    layout: layoutOf({
      margin: { l: 0, r: axis.margin, t: 8, b: 20 },
      xaxis: { type: "date", range: [start, end + pad], tickvals: times.map(({ at }) => at), ticktext: times.map(({ text }) => text), unifiedhovertitle: { text: "%{x|%-d %b, %H:%M}" } },
      yaxis: { range: [scale.low, scale.high], showgrid: false, tickvals: axis.values, ticktext: axis.texts },
      shapes: scale.level === null ? [] : [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: scale.level, y1: scale.level, line: { color: colour("text-3"), width: 1, dash: "dot" } }],
    }),
  };
}

/** @typedef {{low: number, high: number, least: number, most: number, level: number | null}} Scale */

/** @param {Drawing} drawing @returns {Scale} */
function scaleOf({ points, level }) {
  let least = Infinity;
  let most = -Infinity;
  for (const [, value] of points) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const span = Math.max(most - least, Math.abs(most) * 1e-5);
  const near = level !== null && level > least - FAR * span && level < most + FAR * span;
  const bottom = near ? Math.min(least, /** @type {number} */ (level)) : least;
  const top = near ? Math.max(most, /** @type {number} */ (level)) : most;
  const pad = Math.max((top - bottom) * 0.12, Math.abs(most) * 6e-4);
  return { low: bottom - pad, high: top + pad, least, most, level: near ? level : null };
}

/** High, reference and low: the three values a person reads. @param {Scale} scale @param {import("./plot.js").Size} size */
function axisText({ low, high, least, most, level }, size) {
  const gap = ((high - low) * LABEL_PX) / Math.max(size.height - 28, 1);
  const values = apart([most, ...(level === null ? [] : [level]), least], gap);
  const decimals = most - least < 4 ? 2 : 0;
  const texts = values.map((value) => amountTick(value, decimals));
  const longest = Math.max(...texts.map((text) => text.length));
  return { values, texts, digits: Math.max(0, longest - 6), margin: Math.max(EDGE_PX, 8 + longest * 6) };
}

/** @param {Drawing} drawing @param {Scale} scale */
function line({ points, frozen }, scale) {
  const token = frozen ? "text-3" : "accent";
  return {
    type: "scatter", mode: "lines", x: points.map(([at]) => at), y: points.map(([, value]) => value),
    line: { color: colour(token), width: 2 }, fill: "tozeroy", fillgradient: fading(token, [scale.low, scale.most]),
    hovertemplate: "%{y:$,.2f}<extra></extra>",
  };
}

/** Entries stand off the line, exits on it. @param {Point[]} points @param {Mark[]} marks @param {Scale} scale @param {string} ground */
function markTraces(points, marks, scale, ground) {
  const off = (scale.high - scale.low) * 0.085;
  const shift = { long: -off, short: off, exit: 0 };
  const symbols = { long: "triangle-up", short: "triangle-down", exit: "circle" };
  const exits = marks.map(({ kind }) => kind === "exit");
  return [{
    type: "scatter", mode: "markers", x: marks.map(({ at }) => at), y: marks.map(({ at, kind }) => valueAt(points, at) + shift[kind]),
    text: marks.map(({ text }) => text), hovertemplate: "%{text}<extra></extra>", cliponaxis: false,
    marker: {
      opacity: 1, symbol: marks.map(({ kind }) => symbols[kind]), size: exits.map((exit) => (exit ? 8 : 9)),
      color: exits.map((exit) => colour(exit ? ground : "text")),
      line: { width: exits.map((exit) => (exit ? 2 : 0)), color: colour("text") },
    },
  }];
}

/** The end of the line: now. @param {Drawing} drawing */
function dot({ points, frozen, ground }) {
  const [at, value] = points[points.length - 1];
  const marker = { size: 9, color: colour(frozen ? "text-3" : "accent"), line: { width: 2, color: colour(ground) } };
  return { type: "scatter", mode: "markers", x: [at], y: [value], hoverinfo: "skip", cliponaxis: false, marker };
}
