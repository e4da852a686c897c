/** What each voice of a signal said, as bars to the left (sell) and the right (buy) of a middle line. */

import { h } from "../dom.js";
import { MINUS } from "../format.js";

/** @typedef {{name: string, score: number, weight: number, contribution?: number, text: string}} Part */

/**
 * Make the list; longest first, all on one scale.
 * @param {Part[]} parts
 * @returns {HTMLElement | null} null when the strategy has one voice only
 */
export function partBars(parts) {
  if (!parts.length) return null;
  const known = parts.map((part) => ({ ...part, worth: part.contribution ?? part.score * part.weight }));
  const most = Math.max(...known.map(({ worth }) => Math.abs(worth)), 0.01);
  known.sort((a, b) => Math.abs(b.worth) - Math.abs(a.worth));
  return h("div.parts", {},
    h("div.parts-head.cap", { "aria-hidden": "true" }, h("span", {}, "Sell"), h("span", {}, "Buy")),
    h("ul", {}, ...known.map((part) => row(part, part.worth / most))));
}

/** @param {Part & {worth: number}} part @param {number} share −1 to 1 */
function row({ name, score, weight, worth, text }, share) {
  const side = share < 0 ? "sell" : "buy";
  const bar = h("i", { class: side, style: `width:${(Math.abs(share) * 50).toFixed(1)}%` });
  return h("li", {},
    h("div.row", {}, h("b", {}, name.replaceAll("_", " ")), h("span.v", {}, signed(worth))),
    h("div.track", { role: "img", "aria-label": `Score ${signed(score)}, weight ${weight.toFixed(2)}, leans to ${worth === 0 ? "neither side" : side}` }, bar),
    h("p.cap", {}, text));
}

/** @param {number} value */
function signed(value) {
  const text = Math.abs(value).toFixed(2);
  return Number(text) === 0 ? text : (value < 0 ? MINUS : "+") + text;
}
