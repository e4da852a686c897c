/** Paper beside live: what the same strategy made with and without real money, and why they differ. */

import { h, setText } from "../dom.js";
import { setTone } from "../figure.js";
import { MINUS, UNKNOWN, change, counted, digits, money, signOf, toneOf } from "../format.js";
import { when } from "../time.js";
import { sectionCard } from "./section_card.js";
import { openSheet } from "./sheet.js";

/** @typedef {Record<string, any>} Figures */

/** `made` is the field of money made or lost. @type {{label: string, made?: string, read: (f: Figures) => string, basis: (f: Figures) => string, formula: string}[]} */
const FIGURES = [
  { label: "Live", made: "live_pnl", read: (f) => change(f.live_pnl), basis: (f) => counted(f.trades, "trade"), formula: "Net P&L of the trades that both have closed, as the exchange filled and charged them: gross − fees + funding." },
  { label: "Paper", made: "paper_pnl", read: (f) => change(f.paper_pnl), basis: () => "the same trades", formula: "Net P&L of the same trades as the paper broker filled them, against the book of that moment." },
  { label: "Difference", made: "difference", read: (f) => change(f.difference), basis: () => "live − paper", formula: "Live minus paper. Below zero: reality was dearer than paper. Slippage, fees and the time that an order takes make it up." },
  { label: "Slippage", read: (f) => bps(f.slippage_live_bps), basis: (f) => `paper ${bps(f.slippage_paper_bps)}`, formula: "Mean of (fill ÷ expected price − 1), in the direction that costs, in basis points (1 bp = 0.01%). The expected price is the best one on the other side when the order was decided." },
  { label: "Latency", read: (f) => ms(f.latency_ms_p50), basis: (f) => `95%: ${ms(f.latency_ms_p95)}`, formula: "From sending an entry to its first fill: the median, and what 95 of 100 stay under. Paper fills at once." },
  { label: "Fees", read: (f) => money(f.fee_live), basis: (f) => `paper ${money(f.fee_paper)}`, formula: "Fees of those trades, entry and exit, as charged by the exchange and as the paper broker reckoned them." },
];

/** @param {import("../main.js").App} _ */
export function paperLiveCard(_) {
  const cells = FIGURES.map((figure) => {
    const [value, basis] = [h(figure.made ? "span.num" : "span"), h("span")];
    const asks = h("button.q", { type: "button", onclick: () => explain(figure) }, figure.label);
    return { figure, value, basis, el: h("div.fig", {}, h("dt.cap", {}, asks), h("dd.v", {}, value), h("dd.sub", {}, basis)) };
  });
  const rows = h("tbody");
  const heads = ["Trade", "Live", "Paper", "Slippage"].map((word) => h("th", { scope: "col" }, word));
  const table = h("table.plain", {}, h("caption.vh", {}, "Trades live and on paper"), h("thead", {}, h("tr", {}, ...heads)), rows);
  const none = h("p.cap", {}, "Both run. The first figure comes when both have closed the same trade.");
  const card = sectionCard("Paper against live", h("dl.figs.flat", {}, ...cells.map(({ el }) => el)), none, table);
  card.el.hidden = true;
  /** @type {Figures | null} */
  let shown = null;
  return {
    el: card.el,
    /** @param {import("../fold.js").State} state */
    update(state) {
      const told = state.paper_vs_live;
      card.el.hidden = told?.trades === undefined;
      if (card.el.hidden || shown === told) return;
      shown = told;
      for (const { figure, value, basis } of cells) {
        setText(value, figure.read(told));
        if (figure.made) setTone(value, toneOf(told[figure.made]));
        setText(basis, figure.basis(told));
      }
      none.hidden = told.trades > 0;
      table.hidden = told.trades === 0;
      rows.replaceChildren(...told.rows.map(line));
    },
  };
}

/** @param {Figures} row */
function line(row) {
  return h("tr", {}, h("th", { scope: "row" }, `${row.symbol} ${row.side}`, h("small", {}, `${row.strategy}, ${when(row.closed_at, Date.now())}`)),
    h("td", {}, change(row.live_pnl)), h("td", {}, change(row.paper_pnl)), h("td", {}, bps(row.slippage_live_bps), h("small", {}, `paper ${bps(row.slippage_paper_bps)}`)));
}

/** @param {typeof FIGURES[number]} figure */
function explain({ label, formula }) {
  if (document.querySelector("dialog[open]")) return;
  const sheet = openSheet({ title: label, body: [h("p.formula", {}, formula)] });
  sheet.el.append(h("div.one-btn", {}, h("button.btn.quiet", { type: "button", onclick: sheet.close }, "Done")));
}

/** @param {number | null} value @returns {string} */
const bps = (value) => (typeof value === "number" ? `${signOf(value, 1) < 0 ? MINUS : ""}${digits(value, 1)} bps` : UNKNOWN);

/** @param {number | null} value @returns {string} */
const ms = (value) => (typeof value === "number" ? `${digits(value, 0)} ms` : UNKNOWN);
