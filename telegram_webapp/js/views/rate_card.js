/** How often this device is told of prices, which it may choose, and what that costs. */

import { h, setAttr, setText } from "../dom.js";
import { digits } from "../format.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../pace.js").Rate} Rate */

/** @type {[Rate, string][]} */
const CHOICES = [["live", "Live"], ["balanced", "Balanced"], ["saver", "Saver"]];
const MEANING = {
  live: "Every change at once.",
  balanced: "Every change while you touch the page, else every three seconds.",
  saver: "Prices every five seconds: the least data.",
};

/** @param {App} app */
export function rateCard(app) {
  const buttons = CHOICES.map(([rate, word]) => ({ rate, el: h("button", { type: "button", onclick: () => choose(rate) }, word) }));
  const [now, total] = [h("dd"), h("dd")];
  const meaning = h("p.cap");
  const row = (/** @type {string} */ label, /** @type {HTMLElement} */ value) => h("div", {}, h("dt", {}, label), value);
  const el = h("section.card.panel.rate", {}, h("h2", {}, "Updates"),
    h("div.segs", { role: "group", "aria-label": "Updates" }, ...buttons.map((button) => button.el)), meaning,
    h("dl.kv", {}, row("Data, last minute", now), row("Data, this visit", total)));
  update();
  return { el, update };

  /** @param {Rate} rate */
  function choose(rate) {
    app.live?.pace.choose(rate);
    update();
  }

  function update() {
    if (!app.live) return;
    const { pace: { choice }, meter } = app.live;
    for (const { rate, el: button } of buttons) setAttr(button, "aria-pressed", String(rate === choice));
    setText(meaning, `${MEANING[choice]} Fills and alerts always come at once.`);
    setText(now, `${digits(meter.perSecond(), 0)} B/s`);
    setText(total, `${digits(meter.total / 1000, 1)} kB`);
  }
}
