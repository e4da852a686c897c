/** What trading a market came to: figures with their formulas, money won over time, and the falls on the way. */

import { serverChart } from "../charts/server_chart.js";
import { h, setText } from "../dom.js";
import { setTone } from "../figure.js";
import { UNKNOWN, change, counted, digits, toneOf } from "../format.js";
import { icon } from "../icons.js";
import { chips } from "./choice.js";
import { asked } from "./market_asked.js";
import { headlines } from "./measure_grid.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Performance an answer of api/performance */

const EVERY_MS = 60_000;
const RANGES = /** @type {[string, string][]} */ ([["7d", "7d"], ["30d", "30d"], ["all", "All"]]);
/** @type {Record<string, number>} */
const HOURS = { "7d": 168, "30d": 720 };

/** Those that are known of one market; what needs equity is known of the whole account alone. */
const FIGURES = /** @type {[string, string][]} */ ([
  ["win_rate", "Win rate"], ["profit_factor", "Profit factor"], ["expectancy", "Expectancy"],
  ["payoff_ratio", "Payoff ratio"], ["best_trade", "Best trade"], ["worst_trade", "Worst trade"],
]);

/** @param {HTMLElement} root @param {App} app @returns {import("./market_themes.js").Theme} */
export function mount(root, app) {
  let symbol = "";
  let range = "30d";
  const ranges = chips("Range of the results", RANGES, (value) => { range = value; ask(); });
  const charts = {
    performance: serverChart(app, { type: "performance", height: 240, label: "Net P&L and win rate over time" }),
    drawdown: serverChart(app, { type: "drawdown", height: 170, label: "Drawdown" }),
  };
  const figures = headlines(FIGURES);
  const net = h("span.live.num");
  const counts = h("p.counts", {}, h("span.live"));
  const all = h("a.link", {}, "All of it", icon("chevron", true));
  const cards = { performance: sectionCard("Net P&L and win rate", charts.performance.el), drawdown: sectionCard("Drawdown", charts.drawdown.el) };
  cards.performance.remark("Win rate of the last 20 trades");
  cards.drawdown.remark("Under the highest net P&L");
  const feed = asked(app, { path: "api/performance", everyMs: EVERY_MS, what: "The figures", show });
  root.append(h("div.theme-grid.results", {},
    h("div.stack.net-part", {}, ranges.el,
      h("div.net-now", {}, h("div.sec", {}, h("h2", {}, "Net P&L"), h("span.cap", {}, "after fees and funding"), h("span.sp"), all), h("p.big", {}, net), counts), figures.el, feed.el),
    h("div.stack", {}, cards.performance.el, cards.drawdown.el)));

  return {
    look(next) {
      symbol = next;
      all.setAttribute("href", app.router.href("performance", { symbol }));
      ask();
    },
    update(_, changed) {
      if (changed.has("trades")) void feed.again();
      feed.update(changed);
      for (const chart of Object.values(charts)) chart.update(changed);
    },
    unmount() {
      feed.unmount();
      for (const chart of Object.values(charts)) chart.unmount();
    },
  };

  function ask() {
    ranges.show(range);
    feed.look({ symbol, range });
    if (range !== "all") draw({ symbol, hours: HOURS[range] });
  }

  /** @param {Record<string, any>} params */
  function draw(params) {
    for (const chart of Object.values(charts)) chart.show(params);
  }

  /** @param {Performance | null} data */
  function show(data) {
    const value = data?.measures.net_pnl?.value ?? null;
    setText(net, data ? change(value ?? 0) : UNKNOWN);
    setTone(net, toneOf(value));
    setText(/** @type {Node} */ (counts.firstChild), data ? countsText(data) : "");
    if (!data) return;
    figures.show(data);
    // How far "all" goes back is known only now.
    if (range === "all" && data.scope.since) draw({ symbol, since: data.scope.since });
  }
}

/** @param {Performance} data */
function countsText({ counts: { trades, wins, losses, breakevens } }) {
  if (!trades) return "No closed trade in this time.";
  return `${counted(trades, "trade")}: ${digits(wins, 0)} won, ${digits(losses, 0)} lost${breakevens ? `, ${digits(breakevens, 0)} even` : ""}.`;
}
