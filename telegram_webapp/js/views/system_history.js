/** How the machine and the processes were: one figure at a time, over a range. */

import { h } from "../dom.js";
import { serverChart } from "../charts/server_chart.js";
import { chips } from "./choice.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../main.js").App} App */

const METRICS = /** @type {[string, string][]} */ ([["cpu", "CPU"], ["memory", "Memory"], ["lag", "Lag"], ["latency", "Latency"], ["events", "Events"], ["queries", "Database"], ["disk", "Disk"]]);
const RANGES = /** @type {[string, string][]} */ ([["1", "1h"], ["6", "6h"], ["24", "1d"], ["168", "7d"], ["720", "30d"]]);
const HEIGHT = 240;
const AGAIN_MS = 60_000;

/** @param {App} app @returns {import("./system.js").Late} */
export function historyCard(app) {
  let [metric, hours] = ["cpu", "1"];
  let askedAt = 0;
  const chart = serverChart(app, { type: "system", height: HEIGHT, label: "The machine and the processes over time" });
  const which = chips("Figure", METRICS, (value) => { metric = value; look(); });
  const range = chips("Range", RANGES, (value) => { hours = value; look(); });
  const card = sectionCard("History", h("div.history-chips", {}, which.el, range.el), chart.el);
  look();
  return {
    el: card.el,
    update(changed) {
      chart.update(changed);
      if (changed.has("time") && !card.el.closest("[hidden]") && performance.now() - askedAt > AGAIN_MS) again();
    },
    unmount: () => chart.unmount(),
  };

  function look() {
    which.show(metric);
    range.show(hours);
    askedAt = performance.now();
    chart.show({ metric, hours });
  }

  function again() {
    askedAt = performance.now();
    chart.reload();
  }
}
