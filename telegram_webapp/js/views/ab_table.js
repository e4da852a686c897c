/** The figures of two strategies in two columns; the better has a dot and is bold. */

import { h, setText } from "../dom.js";
import { change, money, toneOf } from "../format.js";
import { isMoneyMade, measureText, shownValue } from "../measures.js";

/** @typedef {Record<string, any>} Comparison */

/** Measures, what they are called, their unit, and whether one is better (falls are negative, so the higher always is). */
const ROWS = /** @type {[name: string, label: string, unit: string, better: boolean][]} */ ([
  ["net_pnl", "Net P&L", "money", true], ["roi", "Return", "pct", true], ["total_trades", "Closed trades", "count", false],
  ["win_rate", "Win rate", "pct", true], ["avg_return", "Average return", "pct", true],
  ["expectancy", "Average trade", "money", true], ["profit_factor", "Profit factor", "ratio", true],
  ["payoff_ratio", "Payoff ratio", "ratio", true], ["sharpe", "Sharpe", "ratio", true], ["max_drawdown_pct", "Max drawdown", "pct", true],
  ["exposure", "Exposure", "pct", false], ["fees", "Fees", "money", false],
]);
const COLOURED = new Set(["net_pnl"]);
const SAME = 1e-9;
const LARGE = 10_000;
const LONG = 9;

/** @returns {{el: HTMLElement, show: (data: Comparison) => void}} */
export function abTable() {
  const names = [h("span.name"), h("span.name")];
  const rows = ROWS.map(row);
  const head = names.map((name, i) => h("th", { scope: "col" }, h("span", { class: i ? "key b" : "key" }, h("i", { "aria-hidden": "true" }), name)));
  const el = h("table.card.vs", {}, h("caption.vh", {}, "Figures side by side"), h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span.vh", {}, "Figure")), ...head)), h("tbody", {}, ...rows.map(({ el: line }) => line)));
  return {
    el,
    show(data) {
      [data.a, data.b].forEach(({ id }, i) => {
        setText(names[i], id);
        names[i].title = id;
      });
      for (const { show } of rows) show(data);
    },
  };
}

/** @param {typeof ROWS[number]} row */
function row([name, label, unit, better]) {
  const cells = [h("td"), h("td")];
  return {
    el: h("tr", {}, h("th", { scope: "row" }, label), ...cells),
    /** @param {Comparison} data */
    show({ a, b }) {
      const values = [a, b].map((side) => shownValue(name, side.measures[name]?.value ?? null));
      const lead = leader(values, better);
      values.forEach((value, i) => {
        const measure = [a, b][i].measures[name];
        const inner = h("span", { class: COLOURED.has(name) && value !== null ? `num ${toneOf(value)}` : "" }, textOf(name, value, unit));
        const reason = value === null ? measure?.reason ?? "" : "";
        cells[i].className = `${i === lead ? "lead" : ""}${(inner.textContent ?? "").length > LONG ? " long" : ""}`.trim();
        cells[i].title = reason;
        cells[i].replaceChildren(inner, ...(i === lead ? [h("span.vh", {}, ", better")] : []), ...(reason ? [h("span.vh", {}, `, ${reason}`)] : []));
      });
    },
  };
}

/** Cents of large sums would not fit beside each other. @param {string} name @param {number | null} value @param {string} unit */
function textOf(name, value, unit) {
  const large = unit === "money" && value !== null && Math.abs(value) >= LARGE;
  return large ? (isMoneyMade(name) ? change : money)(value, 0) : measureText(name, value, unit);
}

/** Falls are negative already, so the higher is better there too. @param {(number | null)[]} values @param {boolean} better */
function leader([a, b], better) {
  if (!better || a === null || b === null || Math.abs(a - b) < SAME) return -1;
  return a > b ? 0 : 1;
}
