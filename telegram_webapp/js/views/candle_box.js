/** Candles of one market with the choice of their length; the drawing code comes after the figures. */

import { INTERVALS } from "../charts/intervals.js";
import { h, setAttr } from "../dom.js";
import { recall, remember } from "../memory.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../charts/intervals.js").Interval} Interval */
/** @typedef {import("../charts/candle_chart.js").Subject} Subject */

const KEY = "candles.interval";

/**
 * Make the box; the caller places its two parts.
 * @param {App} app
 * @param {() => string[]} [indicators] names of those that are drawn now
 * @returns {import("../main.js").View & {box: HTMLElement, chips: HTMLElement, look: (symbol: string) => void}}
 */
export function candleBox(app, indicators = () => []) {
  const box = h("div.candles");
  let symbol = "";
  let asked = false;
  let gone = false;
  /** @type {ReturnType<typeof import("../charts/candle_chart.js").mountCandleChart> | null} */
  let chart = null;
  return {
    box,
    chips: intervalChips(() => look(symbol)),
    look,
    update(state, changed) {
      if (state && symbol && !asked) void load();
      chart?.update(state, changed);
    },
    unmount() {
      gone = true;
      chart?.unmount();
    },
  };

  /** @param {string} name */
  function look(name) {
    symbol = name;
    chart?.show(subject());
  }

  /** @returns {Subject} */
  function subject() {
    return { symbol, interval: chosenInterval(), indicators: indicators() };
  }

  async function load() {
    asked = true;
    try {
      const { mountCandleChart } = await import("../charts/candle_chart.js");
      if (gone) return;
      chart = mountCandleChart(box, app, subject());
      chart.update(app.store.state, new Set(["prices"]));
    } catch (error) {
      console.warn(`The candle chart did not load: ${error}`);
      box.replaceChildren(h("p.plot-words.cap", {}, "The chart did not load. The figures are not affected."));
    }
  }
}

/** What was chosen last, for every chart. @returns {Interval} */
function chosenInterval() {
  const kept = recall(KEY) ?? "";
  return /** @type {Interval} */ (kept in INTERVALS ? kept : "5m");
}

/** @param {() => void} chosen @returns {HTMLElement} */
function intervalChips(chosen) {
  const now = chosenInterval();
  const chips = Object.keys(INTERVALS).map((name) => h("button", { type: "button", "aria-pressed": String(name === now), onclick: () => choose(name) }, h("span", {}, name)));
  return h("div.chips.intervals", { role: "group", "aria-label": "Length of a candle" }, ...chips);

  /** @param {string} name */
  function choose(name) {
    remember(KEY, name);
    for (const chip of chips) setAttr(chip, "aria-pressed", String(chip.textContent === name));
    chosen();
  }
}
