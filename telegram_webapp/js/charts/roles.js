/** A figure of the server in the page's own colours: each trace says which token it is drawn in. */

import { colour, layoutOf, typeface } from "./theme.js";
import { timeTicks } from "./ticks.js";

/** @typedef {{data: any[], layout: Record<string, any>}} Figure as the server draws it up */
/** @typedef {import("./plot.js").Size} Size */
/**
 * @typedef {object} Manner
 * @property {boolean} zoom dragging looks closer
 * @property {boolean} frozen nobody vouches for what is newest
 * @property {string} ground token of what the chart stands on
 */

const SOFT = 0.16;
const FREEZES = new Set(["accent", "gain", "loss", "candles"]);

/** `series_b` is `series-b` in the style sheets. @param {string} role */
const token = (role) => role.replaceAll("_", "-");

/** @param {Figure} figure @param {Size} size @param {Manner} manner @returns {import("./plot.js").Figure} */
export function themed(figure, size, manner) {
  return { data: figure.data.map((trace) => traceOf(trace, manner)), layout: layout(figure.layout, size, manner) };
}

/** @param {any} trace @param {Manner} manner */
function traceOf(trace, { frozen, ground }) {
  const { role = "accent", roles, alpha = 1, live } = trace.meta ?? {};
  const name = frozen && live && FREEZES.has(role) ? "text-3" : token(role);
  if (trace.type === "candlestick") return candles(trace, frozen && live, ground);
  const shade = colour(name, alpha);
  const own = { ...trace };
  if (trace.line) own.line = { ...trace.line, color: colour(name) };
  if (trace.marker) own.marker = { ...trace.marker, color: roles ? roles.map((/** @type {string} */ each) => colour(token(each), alpha)) : shade, ...edge(trace, ground) };
  if (trace.fillcolor) own.fillcolor = colour(name, SOFT);
  if (trace.textfont) own.textfont = { ...trace.textfont, family: typeface(), color: colour("text-2") };
  return own;
}

/** The edge of a dot is the ground it stands on. @param {any} trace @param {string} ground */
const edge = (trace, ground) => (trace.marker.line ? { line: { ...trace.marker.line, color: colour(ground) } } : {});

/** Up is hollow. @param {any} trace @param {boolean} frozen @param {string} ground */
function candles(trace, frozen, ground) {
  const hand = (/** @type {string} */ name, /** @type {string} */ fill) => ({ line: { color: colour(frozen ? "text-3" : name), width: 1.25 }, fillcolor: colour(fill) });
  return { ...trace, increasing: hand("gain", ground), decreasing: hand("loss", frozen ? "text-3" : "loss") };
}

/** @param {Record<string, any>} given @param {Size} size @param {Manner} manner */
function layout(given, size, { zoom }) {
  const axes = Object.fromEntries(Object.entries(given).filter(([name]) => /^yaxis\d+$/.test(name)).map(([name, axis]) => [name, plain(axis)]));
  const { font, hoverlabel, ...kept } = given;
  return layoutOf({
    ...kept, ...axes,
    shapes: (given.shapes ?? []).map((/** @type {any} */ shape) => ({ ...shape, line: { ...shape.line, color: colour(token(shape.name ?? "line-strong")) } })),
    annotations: (given.annotations ?? []).map((/** @type {any} */ note) => ({ ...note, font: { ...note.font, family: typeface(), color: colour(token(note.name ?? "text-3")) } })),
    dragmode: zoom ? "zoom" : false,
    xaxis: { ...plain(given.xaxis), fixedrange: !zoom, ...times(given, size) },
    yaxis: plain(given.yaxis),
  });
}

/** An axis without the colours of the server, which are those of the light theme. @param {Record<string, any>} axis */
function plain(axis) {
  const { tickfont, gridcolor, ...kept } = axis;
  const title = axis.title && { ...axis.title, font: { family: typeface(), size: 11, color: colour("text-3") } };
  return { ...kept, ...(title && { title }), tickfont: { family: typeface(), size: 11, color: colour("text-3") }, gridcolor: colour("line") };
}

/** Labels of a time, round and few. @param {Record<string, any>} given @param {Size} size */
function times({ xaxis, margin }, { width }) {
  if (xaxis.type !== "date") return {};
  const [from, to] = xaxis.range;
  const room = width - margin.l - margin.r;
  const ticks = timeTicks(from, to, room).filter(({ at }) => ((at - from) * room) / (to - from) > 18);
  return { tickvals: ticks.map(({ at }) => at), ticktext: ticks.map(({ text }) => text), unifiedhovertitle: { text: "%{x|%-d %b, %H:%M}" } };
}
