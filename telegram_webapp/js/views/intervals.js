/** The choice of a candle's length; one choice for every chart, kept between visits. */

import { INTERVALS } from "../charts/candle_chart.js";
import { h, setAttr } from "../dom.js";
import { recall, remember } from "../memory.js";

/** @typedef {import("../charts/candle_chart.js").Interval} Interval */

const KEY = "candles.interval";

/** What was chosen last. @returns {Interval} */
export function chosenInterval() {
  const kept = recall(KEY) ?? "";
  return /** @type {Interval} */ (kept in INTERVALS ? kept : "5m");
}

/**
 * Make the row of chips.
 * @param {(interval: Interval) => void} chosen
 * @returns {HTMLElement}
 */
export function intervalChips(chosen) {
  const now = chosenInterval();
  const chips = Object.keys(INTERVALS).map((name) => h("button", { type: "button", "aria-pressed": String(name === now), onclick: () => choose(name) }, h("span", {}, name)));
  return h("div.chips.intervals", { role: "group", "aria-label": "Length of a candle" }, ...chips);

  /** @param {string} name */
  function choose(name) {
    remember(KEY, name);
    for (const chip of chips) setAttr(chip, "aria-pressed", String(chip.textContent === name));
    chosen(/** @type {Interval} */ (name));
  }
}
