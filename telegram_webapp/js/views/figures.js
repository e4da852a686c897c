/** Six figures, each with its basis. */

import { h, setText } from "../dom.js";
import { showChange, showFigure } from "../figure.js";
import { change, counted, money, percent, percentChange } from "../format.js";
import { day } from "../time.js";

/** @typedef {Record<string, any>} Account */
/**
 * @typedef {object} Figure
 * @property {string} label
 * @property {boolean} [change] coloured, with sign and arrow
 * @property {(a: Account) => number | null} value
 * @property {(value: any) => string} text
 * @property {(a: Account) => string} basis
 */

/** @param {Account} a @returns {string} */
const openPositions = (a) => (a.positions ? counted(a.positions, "position") : "no position");

/** @param {Account} a @returns {string} */
const sample = (a) => (a.win_rate_pct === null ? a.win_rate_reason : counted(a.closed_trades, "trade"));

/** @type {Figure[]} */
const FIGURES = [
  { label: "Balance", value: (a) => a.balance, text: money, basis: (a) => `from ${money(a.initial_balance, 0)}` },
  { label: "Unrealized", change: true, value: (a) => a.unrealized_pnl, text: change, basis: openPositions },
  { label: "Realized", change: true, value: (a) => a.realized_pnl_today, text: change, basis: () => "today, net" },
  { label: "ROI", change: true, value: (a) => a.roi_pct, text: percentChange, basis: (a) => `since ${day(a.started_at)}` },
  { label: "Margin used", value: (a) => a.margin_used_pct, text: percent, basis: (a) => `${money(a.margin_used, 0)} of equity` },
  { label: "Win rate", value: (a) => a.win_rate_pct, text: percent, basis: sample },
];

/** @param {HTMLElement} root @param {import("../main.js").App} _ @returns {import("../main.js").View} */
export function mount(root, _) {
  const cells = FIGURES.map(cell);
  root.append(h("h2.vh", {}, "Figures"), h("dl.card.figs", {}, ...cells.map(({ el }) => el)));
  return {
    update(state, changed) {
      if (state && changed.has("account")) for (const { update } of cells) update(state.account);
    },
    unmount() {},
  };
}

/** @param {Figure} figure */
function cell(figure) {
  const value = h("span.live", figure.change ? { class: "live num" } : {});
  const basis = h("span.live");
  const el = h("div.fig", {}, h("dt.cap", {}, figure.label), h("dd.v", {}, value), h("dd.sub", {}, basis));
  return {
    el,
    /** @param {Account} account */
    update(account) {
      const number = figure.value(account);
      const show = figure.change ? showChange : showFigure;
      show(value, number ?? NaN, figure.text(number));
      setText(basis, figure.basis(account));
    },
  };
}
