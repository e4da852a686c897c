/** Two lines of return on one axis, named at their ends; the second is dashed. */

import { MINUS, percentChange } from "../format.js";
import { spread } from "./levels.js";
import { colour, layoutOf } from "./theme.js";
import { roundTicks, timeTicks } from "./ticks.js";

/** @typedef {[at: number, value: number]} Point */
/** @typedef {{name: string, points: Point[]}} Line percent since its start, oldest first */

const MARGIN = { left: 34, top: 10, bottom: 20 };
const LABEL_PX = 30;
const DIGIT_PX = 6.4;
const MOST_NAME = 11;
const HANDS = [{ token: "accent" }, { token: "series-b", dash: "5px,3px" }];

/** @param {Line[]} lines a and b; one without points is left out @param {import("./plot.js").Size} size @returns {import("./plot.js").Figure} */
export function compareFigure(lines, size) {
  const drawn = lines.map((line, i) => ({ ...line, ...HANDS[i] })).filter(({ points }) => points.length);
  const all = drawn.flatMap(({ points }) => points);
  const [from, to] = extent(all.map(([at]) => at), 1_800_000);
  const [low, high] = extent([...all.map(([, value]) => value), 0], 0.5);
  const pad = (high - low) * 0.08;
  const right = 14 + Math.max(...drawn.map(({ name }) => clipped(name).length), 7) * DIGIT_PX;
  const values = roundTicks(low - pad, high + pad, 4);
  const times = timeTicks(from, to, size.width - right - MARGIN.left);
  return {
    data: drawn.map(({ name, points, token, dash }) => ({
      type: "scatter", mode: points.length > 1 ? "lines" : "markers", x: points.map(([at]) => at), y: points.map(([, value]) => value),
      marker: { size: 8, color: colour(token) }, line: { color: colour(token), width: 2, dash: dash ?? "solid" }, hovertemplate: `${escaped(name)} %{y:+.2f}%<extra></extra>`,
    })),
    layout: layoutOf({
      margin: { l: MARGIN.left, r: right, t: MARGIN.top, b: MARGIN.bottom },
      xaxis: { type: "date", range: [from, to], tickvals: times.map(({ at }) => at), ticktext: times.map(({ text }) => text), unifiedhovertitle: { text: "%{x|%-d %b, %H:%M}" } },
      yaxis: { side: "left", range: [low - pad, high + pad], tickvals: values, ticktext: values.map((value) => `${value < 0 ? MINUS : ""}${Math.abs(value)}`) },
      shapes: [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: 0, y1: 0, line: { width: 1, color: colour("line-strong") } }],
      annotations: ends(drawn, { low: low - pad, high: high + pad, height: size.height - MARGIN.top - MARGIN.bottom }),
    }),
  };
}

/** @param {(Line & {token: string})[]} lines @param {{low: number, high: number, height: number}} frame */
function ends(lines, { low, high, height }) {
  const finals = lines.map(({ points }) => points[points.length - 1][1]);
  const places = spread(finals.map((value) => ((high - value) / (high - low)) * height), LABEL_PX, [8, height - 8]);
  return lines.map(({ name, token }, i) => ({
    xref: "paper", x: 1, yref: "paper", y: 1 - places[i] / height, xanchor: "left", xshift: 6, align: "left", showarrow: false,
    text: `<b>${clipped(name)}</b><br>${percentChange(finals[i], 1)}`, font: { size: 11, color: colour(token) },
  }));
}

/** @param {string} name */
const clipped = (name) => escaped(name.length > MOST_NAME ? `${name.slice(0, MOST_NAME - 1)}…` : name);

/** Plotly reads a little HTML, and templates. @param {string} text */
const escaped = (text) => text.replaceAll("<", "&lt;").replaceAll("%{", "% {");

/** Least and most, never the same. @param {number[]} values @param {number} room @returns {[number, number]} */
function extent(values, room) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high > low ? [low, high] : [low - room, high + room];
}
