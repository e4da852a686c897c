/** One theory or model whole: what it said against what came true. */

import { h } from "../dom.js";
import { UNKNOWN, counted, percent } from "../format.js";
import { day, hourMinute, zone } from "../time.js";
import { openSheet } from "./sheet.js";

/** @typedef {Record<string, any>} Row */
/** @typedef {{low: number, high: number, count: number, said: number, came_true: number}} Bin */

/** @param {Row} row of api/theories */
export function openTheory(row) {
  const right = row.hit_rate_pct === null ? `${row.reason}.` : `Right in ${row.right} of the ${counted(row.leaned, "trade")} in which it leaned to a side: ${percent(row.hit_rate_pct)}, 95% interval ${percent(row.low_pct, 0)} to ${percent(row.high_pct, 0)}.`;
  open(row.theory.replaceAll("_", " "), [
    h("p.lead", {}, `A part of ${row.strategy}. It is right when the side that it leaned to made money.`),
    h("p.formula", {}, capitalised(right)),
    ...calibration("How far it leaned", "Right", row.bins),
  ]);
}

/** @param {Row} row of api/models */
export function openModel(row) {
  const fact = (/** @type {string} */ label, /** @type {string} */ value) => h("div", {}, h("dt", {}, label), h("dd", {}, value));
  const share = (/** @type {number | null} */ value) => (value === null ? UNKNOWN : percent(100 * value));
  const score = (/** @type {number | null} */ value) => (value === null ? UNKNOWN : value.toFixed(4));
  open(row.model, [
    h("p.lead", {}, row.kind === "live" ? "How its predictions came true since it is used." : "How it did on candles it was not trained on, before it was used."),
    h("dl.kv", {}, fact("Predictions", counted(row.samples, "sample")), fact("Right side", share(row.accuracy)), fact("A naive guess is right in", share(row.baseline_accuracy)),
      fact("Brier score, lower is better", score(row.brier)), fact("Of the naive guess", score(row.baseline_brier)), fact(`Until, ${zone.name}`, `${day(row.at)}, ${hourMinute(row.at)}`)),
    h("p.formula", {}, row.passes ? "It is better than the naive guess." : "It is not better than the naive guess: nothing is traded on it."),
    ...calibration("Chance it told", "Rose", row.detail?.bins ?? []),
  ]);
}

/** @param {string} title @param {HTMLElement[]} body */
function open(title, body) {
  if (document.querySelector("dialog[open]")) return;
  const sheet = openSheet({ title, body });
  sheet.el.append(h("div.one-btn", {}, h("button.btn.quiet", { type: "button", onclick: sheet.close }, "Done")));
}

/** What was said against what came true, range by range. @param {string} said @param {string} came @param {Bin[]} bins @returns {HTMLElement[]} */
function calibration(said, came, bins) {
  if (!bins.length) return [];
  const rows = bins.map((bin) => h("tr", {},
    h("th", { scope: "row" }, `${bin.low.toFixed(1)} to ${bin.high.toFixed(1)}`, h("small", {}, `on average ${bin.said.toFixed(2)}`)),
    h("td", {}, percent(100 * bin.came_true, 0)), h("td", {}, String(bin.count))));
  const heads = [said, came, "Times"].map((head) => h("th", { scope: "col" }, head));
  return [h("h3", {}, "Calibration"), h("table.plain", {}, h("caption.vh", {}, "Calibration"), h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...rows))];
}

/** @param {string} text */
const capitalised = (text) => text.charAt(0).toUpperCase() + text.slice(1);
