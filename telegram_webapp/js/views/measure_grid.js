/** Figures with what they stand on; a press on a name shows how it is reckoned. */

import { h, setAttr, setText } from "../dom.js";
import { setTone } from "../figure.js";
import { toneOf } from "../format.js";
import { basisText, isMoneyMade, measureText, shownValue } from "../measures.js";
import { openMeasure } from "./measure_sheet.js";

/** @typedef {Record<string, any>} Performance an answer of api/performance */

/** Those that stand at the top, with their names until the server has told them. */
const HEADLINES = /** @type {[string, string][]} */ ([
  ["win_rate", "Win rate"], ["profit_factor", "Profit factor"], ["expectancy", "Expectancy"],
  ["max_drawdown_pct", "Max drawdown"], ["sharpe", "Sharpe"], ["payoff_ratio", "Payoff ratio"],
]);
/** What the head of the view says already. */
const SAID = new Set([...HEADLINES.map(([name]) => name), "net_pnl", "total_trades", "wins", "losses", "breakevens"]);
/** Characters that fit at full size, and one step below it. */
const [FULL, SMALLER] = [9, 11];

/** The six at the top. @param {[name: string, label: string][]} [six] @returns {{el: HTMLElement, show: (data: Performance) => void}} */
export function headlines(six = HEADLINES) {
  const cells = six.map(([name, label]) => cell(name, label));
  return {
    el: h("dl.card.figs.two.measures", {}, ...cells.map(({ el }) => el)),
    show(data) { for (const { show } of cells) show(data); },
  };
}

/** @param {string} name @param {string} label */
function cell(name, label) {
  const [value, basis] = [h("span.live"), h("span.live")];
  const asks = h("button.q", { type: "button" }, label);
  /** @type {Performance | null} */
  let shown = null;
  asks.addEventListener("click", () => { if (shown) explain(name, shown); });
  return {
    el: h("div.fig", {}, h("dt.cap", {}, asks), h("dd.v", {}, value), h("dd.sub", {}, basis)),
    /** @param {Performance} data */
    show(data) {
      shown = data;
      setText(asks, data.definitions[name]?.label ?? label);
      fill(name, data, value);
      const words = basisText(name, data.measures[name], data.definitions[name]?.unit);
      setText(basis, words);
      setAttr(basis, "title", words);
    },
  };
}

/** @param {string} name @param {Performance} data @param {HTMLElement} el */
function fill(name, data, el) {
  const raw = data.measures[name]?.value ?? null;
  const text = measureText(name, raw, data.definitions[name]?.unit);
  setText(el, text);
  setAttr(el, "data-size", text.length <= FULL ? null : text.length <= SMALLER ? "s" : "xs");
  const coloured = isMoneyMade(name) && raw !== null;
  el.classList.toggle("num", coloured);
  setTone(el, coloured ? toneOf(shownValue(name, raw)) : "flat-text");
}

/** @param {string} name @param {Performance} data */
function explain(name, data) {
  const measure = data.measures[name];
  const definition = data.definitions[name];
  if (measure && definition) openMeasure(name, measure, definition, data.scope.currency ?? "");
}

/** All the others, as a table. @returns {{el: HTMLElement, show: (data: Performance) => void}} */
export function moreFigures() {
  const body = h("tbody");
  const el = h("table.more-figures", {}, h("caption.vh", {}, "More figures"), h("thead.vh", {}, h("tr", {}, h("th", { scope: "col" }, "Figure"), h("th", { scope: "col" }, "Value"))), body);
  return {
    el,
    show(data) {
      const names = Object.keys(data.measures).filter((name) => !SAID.has(name) && data.definitions[name]);
      body.replaceChildren(...names.map((name) => row(name, data)));
    },
  };
}

/** @param {string} name @param {Performance} data */
function row(name, data) {
  const { label, unit } = data.definitions[name];
  const value = h("span");
  fill(name, data, value);
  return h("tr", {},
    h("th", { scope: "row" }, h("button.q", { type: "button", onclick: () => explain(name, data) }, label)),
    h("td", {}, value, h("small", {}, basisText(name, data.measures[name], unit))));
}
