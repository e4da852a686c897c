/** Why a trade was made, what each part of its signal said, and what ended it. */

import { h } from "../dom.js";
import { change, percentChange, toneOf } from "../format.js";
import { day, hourMinuteSecond, zone } from "../time.js";
import { partBars } from "./part_bars.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Signal */
/** @typedef {Record<string, any>} Story */

/** @param {Story} story @param {App} app @returns {HTMLElement[]} */
export function reasonCards({ signal, exit_signal: exit }, app) {
  const open = (/** @type {Signal} */ told) => h("button.link", { type: "button", onclick: () => void import("./signal_sheet.js").then(({ openSignal }) => openSignal(app, told)) }, "Signal");
  const cards = [];
  if (signal) cards.push(card("Why it was made", signal, open(signal), expected(signal), partBars(signal.detail.parts ?? [])));
  if (exit && exit.id !== signal?.id) cards.push(card("Why it was closed", exit, open(exit)));
  return cards;
}

/** @param {string} title @param {Signal} signal @param {HTMLElement} way @param {...(HTMLElement | null)} more */
function card(title, signal, way, ...more) {
  return h("section.card.panel", {}, h("header", {}, h("h2", {}, title), way),
    h("p.cap", {}, `${signal.action}, confidence ${signal.confidence.toFixed(2)}, ${day(signal.at)}, ${hourMinuteSecond(signal.at)} ${zone.name}`),
    h("ol.reasons", {}, ...signal.detail.reasons.map((/** @type {string} */ reason) => h("li", {}, reason))), ...more);
}

/** @param {Signal} signal */
function expected({ expected_pct: pct, expected_pnl: pnl }) {
  if (typeof pct !== "number") return null;
  const amount = typeof pnl === "number" ? `${change(pnl)}, ` : "";
  return h("dl.kv", {}, h("div", {}, h("dt", {}, "It expected, after costs"), h("dd", { class: `num ${toneOf(pct)}` }, `${amount}${percentChange(pct)}`)));
}
