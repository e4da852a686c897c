/**
 * What the candle chart looks like, as Plotly wants to be told.
 *
 * Candles stand side by side as categories, so a pause of the market leaves a mark and not a desert;
 * a place on the axis is the index of a candle.
 */

import { digits, price as priceText } from "../format.js";
import { day, hourMinute } from "../time.js";
import { indexAt } from "./candle_series.js";
import { axisBelow, hasBelow, indicatorTraces, reachOf, wordsBelow } from "./indicator_traces.js";
import { HANDS, spread } from "./levels.js";
import { colour, layoutOf, typeface } from "./theme.js";
import { roundTicks, timeTicks } from "./ticks.js";

/** @typedef {import("./candle_series.js").Candle} Candle */
/** @typedef {import("./levels.js").Level} Level */
/** @typedef {{at: number, price: number, kind: "long" | "short" | "exit", text: string}} Fill */

/**
 * What is drawn.
 * @typedef {object} Drawing
 * @property {Candle[]} candles oldest first
 * @property {number} intervalMs
 * @property {[number, number]} view indexes at the left and right edge
 * @property {Level[]} levels
 * @property {Fill[]} fills
 * @property {import("./indicator_lines.js").Drawn[]} drawn indicators
 * @property {Record<string, any> | undefined} stats of the symbol
 * @property {boolean} frozen nobody vouches for it just now
 * @property {boolean} zoom drag zooms
 * @property {string} ground token of what the chart stands on
 */

/** @typedef {import("./plot.js").Size} Size */
/** @typedef {{low: number, high: number, top: number, height: number, margin: number}} Frame */

const MARGIN = { top: 8, bottom: 24 };
/** Where prices, volume and a scale of its own stand, from below. @type {Record<string, [number, number]>} */
const PANES = { prices: [0.17, 1], volume: [0, 0.13] };
/** @type {typeof PANES} */
const THREE_PANES = { prices: [0.36, 1], volume: [0.23, 0.33], below: [0, 0.18] };
const BADGE_PX = 19;
const DIGIT_PX = 6.4;
/** How far beyond the candles a level may lie, in heights of the candles, before they go flat. */
const REACH = 0.6;

/** @param {Drawing} drawing @param {Size} size @returns {import("./plot.js").Figure} */
export function candleFigure(drawing, size) {
  const panes = hasBelow(drawing) ? THREE_PANES : PANES;
  const frame = frameOf(drawing, size, panes.prices);
  const lines = drawing.levels.filter((level) => level.value >= frame.low && level.value <= frame.high);
  const times = timesOf(drawing, size.width - frame.margin);
  const names = drawing.candles.map((candle) => `${day(candle[0])}, ${hourMinute(candle[0])}`);
  return {
    data: [candleTrace(drawing, names), volumeTrace(drawing, names), fillTrace(drawing, names, frame), ...indicatorTraces(drawing, names)],
    layout: layoutOf({
      margin: { l: 0, r: frame.margin, t: MARGIN.top, b: MARGIN.bottom },
      dragmode: drawing.zoom ? "zoom" : false,
      bargap: 0.25,
      xaxis: {
        type: "category", range: drawing.view, fixedrange: !drawing.zoom, anchor: panes.below ? "y3" : "y2", rangeslider: { visible: false },
        showgrid: size.width > 480, gridcolor: colour("line"), tickvals: times.map(({ index }) => names[index]), ticktext: times.map(({ text }) => text),
      },
      yaxis: { domain: panes.prices, range: [frame.low, frame.high], ...priceTicks(drawing, frame) },
      yaxis2: { domain: panes.volume, range: [0, volumeTop(drawing)], showgrid: false, showticklabels: false },
      ...(panes.below ? { yaxis3: axisBelow(panes.below) } : {}),
      shapes: [...gaps(drawing), ...lines.map(lineShape)],
      annotations: [...badges(drawing, frame), ...words(lines, frame, drawing.ground), ...wordsBelow(drawing, drawing.ground)],
    }),
  };
}

/** Candles in view. @param {Drawing} drawing */
function inView({ candles, view }) {
  return candles.slice(Math.max(0, Math.ceil(view[0])), Math.max(0, Math.floor(view[1])) + 1);
}

/** The range of prices: the candles, and levels that are not so far that the candles go flat. @param {Drawing} drawing @param {Size} size @param {[number, number]} prices @returns {Frame} */
function frameOf(drawing, size, prices) {
  let low = Infinity;
  let high = -Infinity;
  for (const candle of inView(drawing)) {
    low = Math.min(low, candle[3]);
    high = Math.max(high, candle[2]);
  }
  if (low > high) [low, high] = [drawing.candles[0][3], drawing.candles[0][2]];
  const span = Math.max(high - low, high * 1e-4);
  const [reachLow, reachHigh] = [low - span * REACH, high + span * REACH];
  for (const value of [...drawing.levels.map((level) => level.value), ...reachOf(drawing)]) {
    if (value >= reachLow) low = Math.min(low, value);
    if (value <= reachHigh) high = Math.max(high, value);
  }
  const pad = Math.max((high - low) * 0.07, high * 5e-5);
  const longest = Math.max(...[low, high].map((value) => priceText(value, drawing.stats).length));
  return {
    low: low - pad, high: high + pad, top: MARGIN.top,
    height: (size.height - MARGIN.top - MARGIN.bottom) * (prices[1] - prices[0]),
    margin: Math.ceil(Math.max(56, longest * DIGIT_PX + 14)),
  };
}

/** @param {Drawing} drawing @param {number} width px @returns {{index: number, text: string}[]} */
function timesOf({ candles, view, intervalMs }, width) {
  const at = (/** @type {number} */ index) => {
    const near = Math.min(Math.max(Math.round(index), 0), candles.length - 1);
    return candles[near][0] + (index - near) * intervalMs;
  };
  const [first, last] = [at(view[0]), candles[candles.length - 1][0]];
  const ticks = timeTicks(first, Math.min(at(view[1]), last + intervalMs), width);
  const found = ticks.map((tick) => ({ index: indexAt(candles, tick.at), text: tick.text, at: tick.at }));
  const px = (/** @type {number} */ index) => ((index - view[0]) / (view[1] - view[0])) * width;
  let before = -Infinity;
  return found.filter(({ index, at: wanted }) => {
    const shown = index >= 0 && candles[index][0] === wanted && px(index) > 20 && px(index) < width - 4 && px(index) - before > 52;
    if (shown) before = px(index);
    return shown;
  });
}

/** @param {Drawing} drawing @param {string[]} names */
function candleTrace({ candles, stats, frozen }, names) {
  const text = (/** @type {number} */ k) => candles.map((candle) => priceText(candle[k], stats));
  const [open, high, low, close] = [text(1), text(2), text(3), text(4)];
  const hand = (/** @type {string} */ token, /** @type {string} */ fill) => ({ line: { color: colour(frozen ? "text-3" : token), width: 1.25 }, fillcolor: fill });
  return {
    type: "candlestick", x: names, open: candles.map((c) => c[1]), high: candles.map((c) => c[2]), low: candles.map((c) => c[3]), close: candles.map((c) => c[4]),
    increasing: hand("gain", colour("surface")), decreasing: hand("loss", colour(frozen ? "text-3" : "loss")), whiskerwidth: 0,
    text: candles.map((_, i) => `Open ${open[i]}<br>High ${high[i]}<br>Low ${low[i]}<br>Close <b>${close[i]}</b><br>Volume ${volumeText(candles[i][5])}`),
    hovertemplate: "%{text}<extra></extra>",
  };
}

/** @param {number} volume */
const volumeText = (volume) => digits(volume, volume < 100 ? 2 : 0);

/** @param {Drawing} drawing @param {string[]} names */
function volumeTrace({ candles, frozen }, names) {
  const up = colour(frozen ? "text-3" : "gain", 0.32);
  const down = colour(frozen ? "text-3" : "loss", 0.32);
  return {
    type: "bar", x: names, y: candles.map((c) => c[5]), yaxis: "y2",
    marker: { color: candles.map((c) => (c[4] >= c[1] ? up : down)), line: { width: 0 } }, hoverinfo: "skip",
  };
}

/** @param {Drawing} drawing @returns {number} */
function volumeTop(drawing) {
  return inView(drawing).reduce((most, candle) => Math.max(most, candle[5]), 0) || 1;
}

/** Entries under or over their candle, exits at their price. @param {Drawing} drawing @param {string[]} names @param {Frame} frame */
function fillTrace({ candles, fills, ground }, names, frame) {
  const off = ((frame.high - frame.low) * 13) / Math.max(frame.height, 1);
  const placed = fills.map((fill) => ({ ...fill, index: indexAt(candles, fill.at) })).filter(({ index }) => index >= 0);
  const exit = placed.map(({ kind }) => kind === "exit");
  const symbols = { long: "triangle-up", short: "triangle-down", exit: "circle" };
  const height = { long: (/** @type {Candle} */ c) => c[3] - off, short: (/** @type {Candle} */ c) => c[2] + off };
  return {
    type: "scatter", mode: "markers", x: placed.map(({ index }) => names[index]),
    y: placed.map(({ index, kind, price }) => (kind === "exit" ? price : height[kind](candles[index]))),
    text: placed.map(({ text }) => text), hovertemplate: "%{text}<extra></extra>",
    marker: {
      opacity: 1, symbol: placed.map(({ kind }) => symbols[kind]), size: exit.map((is) => (is ? 9 : 12)), color: exit.map((is) => colour(is ? ground : "text")),
      line: { width: exit.map((is) => (is ? 2 : 1.5)), color: exit.map((is) => colour(is ? "text" : ground)) },
    },
  };
}

/** Dotted verticals where the market stood still. @param {Drawing} drawing */
function gaps({ candles, intervalMs, view }) {
  const shapes = [];
  for (let i = Math.max(1, Math.ceil(view[0])); i < candles.length; i += 1) {
    if (candles[i][0] - candles[i - 1][0] > intervalMs) {
      shapes.push({ type: "line", yref: "paper", x0: i - 0.5, x1: i - 0.5, y0: 0, y1: 1, line: { color: colour("line-strong"), width: 1, dash: "1px,5px" } });
    }
  }
  return shapes;
}

/** @param {Level} level */
function lineShape({ value, kind }) {
  const { token, dash } = HANDS[kind];
  return { type: "line", xref: "paper", x0: 0, x1: 1, y0: value, y1: value, line: { color: colour(token), width: 1, dash } };
}

/** Where a price stands, px from the top of the price plot. @param {number} value @param {Frame} frame */
function placeOf(value, frame) {
  return ((frame.high - value) / (frame.high - frame.low)) * frame.height;
}

/** Where the badges of levels stand, px from the top. @param {Level[]} levels @param {Frame} frame */
function badgePlaces(levels, frame) {
  return spread(levels.map(({ value }) => placeOf(value, frame)), BADGE_PX, [BADGE_PX / 2, frame.height - BADGE_PX / 2]);
}

/** Values on the axis; what is out of view waits at the edge with an arrow. @param {Drawing} drawing @param {Frame} frame */
function badges({ levels, stats }, frame) {
  const places = badgePlaces(levels, frame);
  return levels.map(({ value, kind }, i) => {
    const inside = value <= frame.high && value >= frame.low;
    const arrow = inside ? "" : value > frame.high ? "▲" : "▼";
    return {
      xref: "paper", x: 1, xanchor: "left", yref: "paper", y: 1, yanchor: "middle", yshift: -places[i], showarrow: false, borderpad: 3,
      text: `<b>${arrow}${priceText(value, stats)}</b>`, font: { family: typeface(), size: 11, color: colour("surface") }, bgcolor: colour(HANDS[kind].token),
    };
  });
}

/** The word of a line, at its left end. @param {Level[]} levels @param {Frame} frame @param {string} ground */
function words(levels, frame, ground) {
  const named = levels.filter(({ word }) => word);
  const places = spread(named.map(({ value }) => placeOf(value, frame) - 8), 15, [7, frame.height - 7]);
  return named.map(({ kind, word }, i) => ({
    xref: "paper", x: 0, xanchor: "left", xshift: 12, yref: "paper", y: 1, yanchor: "middle", yshift: -places[i], showarrow: false,
    bgcolor: colour(ground, 0.8), borderpad: 1, text: word, font: { family: typeface(), size: 11, color: colour(HANDS[kind].token) },
  }));
}

/** Round prices; those a badge covers are not written. @param {Drawing} drawing @param {Frame} frame */
function priceTicks({ levels, stats }, frame) {
  const tickvals = roundTicks(frame.low, frame.high, Math.max(2, Math.min(6, Math.round(frame.height / 70))));
  const places = badgePlaces(levels, frame);
  const covered = (/** @type {number} */ value) => places.some((place) => Math.abs(place - placeOf(value, frame)) < BADGE_PX);
  const decimals = Math.max(0, ...tickvals.map((value) => (String(value).split(".")[1] ?? "").length));
  const ticktext = tickvals.map((value) => (covered(value) ? "" : priceText(value, { ...stats, price_decimals: decimals })));
  return { tickvals, ticktext };
}
