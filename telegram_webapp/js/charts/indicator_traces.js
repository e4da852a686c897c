/** Indicators as Plotly wants to be told: lines over the candles, and one scale below them. */

import { digits, price as priceText } from "../format.js";
import { BELOW, INDICATORS } from "./indicator_lines.js";
import { colour, typeface } from "./theme.js";

/** @typedef {import("./indicator_lines.js").Drawn} Drawn */
/** @typedef {import("./candle_figure.js").Drawing} Drawing */

/** Where the guide lines of the scale below stand. */
const GUIDES = [30, 70];
const SCALE = [0, 100];

/** Whether one of them stands below the candles. @param {Drawing} drawing */
export const hasBelow = ({ drawn }) => drawn.some(({ name }) => name === BELOW);

/** @param {Drawing} drawing @param {string[]} names of the candles @returns {Record<string, any>[]} */
export function indicatorTraces({ drawn, stats, frozen }, names) {
  return drawn.flatMap(({ name, lines }) => {
    const { word, token, dash } = INDICATORS[name];
    const below = name === BELOW;
    const text = (/** @type {number | null} */ value) => (value === null ? "" : below ? digits(value, 1) : priceText(value, stats));
    return lines.map((line, i) => ({
      type: "scatter", mode: "lines", x: names, y: line, yaxis: below ? "y3" : "y", connectgaps: false,
      line: { color: colour(frozen ? "text-3" : token, name === "bands" ? 0.7 : 1), width: name === "bands" ? 1 : 1.5, dash: dash || "solid" },
      ...(name === "bands" && i ? { fill: "tonexty", fillcolor: colour("text-3", 0.07) } : {}),
      text: line.map(text), hovertemplate: `${word}${lines.length > 1 ? (i ? " low" : " high") : ""} %{text}<extra></extra>`,
    }));
  });
}

/** The lowest and highest of the lines over the candles, from one candle to another. @param {Drawing} drawing @returns {number[]} */
export function reachOf({ drawn, view }) {
  const values = drawn.filter(({ name }) => name !== BELOW).flatMap(({ lines }) => lines.flatMap((line) => line.slice(Math.max(0, Math.ceil(view[0])), Math.max(0, Math.floor(view[1])) + 1)));
  return /** @type {number[]} */ (values.filter((value) => value !== null));
}

/** The axis of the scale below. @param {[number, number]} domain @returns {Record<string, any>} */
export function axisBelow(domain) {
  const tickfont = { family: typeface(), size: 11, color: colour("text-3") };
  return { domain, range: SCALE, side: "right", tickvals: GUIDES, tickfont, ticks: "", ticklabelstandoff: 6, showline: false, zeroline: false, showgrid: true, gridcolor: colour("line"), fixedrange: true };
}

/** Its name and value now, at its left end. @param {Drawing} drawing @param {string} ground @returns {Record<string, any>[]} */
export function wordsBelow({ drawn }, ground) {
  const found = drawn.find(({ name }) => name === BELOW);
  if (!found) return [];
  const last = found.lines[0].at(-1);
  const text = `${INDICATORS[BELOW].word}${typeof last === "number" ? `  <b>${digits(last, 1)}</b>` : ""}`;
  return [{
    xref: "paper", x: 0, xanchor: "left", xshift: 12, yref: "y3 domain", y: 1, yanchor: "top", showarrow: false,
    bgcolor: colour(ground, 0.8), borderpad: 1, text, font: { family: typeface(), size: 11, color: colour("text-2") },
  }];
}
