/** Where it was earned: equity and drawdown, by day and month, by size, market, hour and ending. */

import { histogramFigure, placesFigure } from "../charts/bars_figure.js";
import { resultsFigure } from "../charts/results_figure.js";
import { stillChart } from "../charts/still_chart.js";
import { capital, change, counted, digits, money } from "../format.js";
import { day } from "../time.js";
import { dailyCalendar, monthlyMap } from "./calendar.js";
import { groupBars } from "./group_bars.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Performance */

const WEEK = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const EXITS = /** @type {Record<string, string>} */ ({ stop: "Stop", target: "Target", signal: "Signal", manual: "By hand", timeout: "Timeout", liquidation: "Liquidation" });

/**
 * Make the cards; *lead* stands by itself, the others follow.
 * @param {App} app
 */
export function breakdowns(app) {
  const equity = stillChart(app, "results-chart", resultsFigure);
  const sizes = stillChart(app, "bars-chart", histogramFigure);
  const hours = stillChart(app, "bars-chart", placesFigure);
  const weekdays = stillChart(app, "bars-chart", placesFigure);
  const charts = [equity, sizes, hours, weekdays];
  const cards = {
    equity: sectionCard("Equity and drawdown", equity.el), sizes: sectionCard("Trade P&L", sizes.el),
    hours: sectionCard("By hour of closing, UTC", hours.el), weekdays: sectionCard("By weekday, UTC", weekdays.el),
  };
  const [calendar, months] = [dailyCalendar(), monthlyMap()];
  const groups = {
    by_symbol: groupBars("By market", (key) => key), by_strategy: groupBars("By strategy", (key) => key),
    by_side: groupBars("By side", capital), by_exit: groupBars("By ending", (key) => EXITS[key] ?? capital(key)),
  };
  cards.hours.remark("Net P&L");
  cards.weekdays.remark("Net P&L");
  return {
    lead: cards.equity.el,
    cards: [calendar.el, cards.sizes.el, groups.by_symbol.el, months.el, groups.by_exit.el, groups.by_strategy.el, groups.by_side.el, cards.hours.el, cards.weekdays.el],
    show,
    /** @param {Set<string>} changed */
    update(changed) { for (const chart of charts) chart.update(changed); },
    unmount() { for (const chart of charts) chart.unmount(); },
  };

  /** @param {Performance} data */
  function show(data) {
    showEquity(data);
    calendar.show(data.daily);
    months.show(data.monthly);
    for (const [name, card] of Object.entries(groups)) card.show(data[name]);
    for (const card of [cards.sizes, cards.hours, cards.weekdays]) card.el.hidden = !data.counts.trades;
    if (!data.counts.trades) return;
    const { bins, width } = data.histogram;
    cards.sizes.remark(`${counted(data.counts.trades, "trade")}, ${money(width, width % 1 ? 2 : 0)} bins`);
    sizes.show(data.histogram, `Trades by net P&L: ${bins.length} bins from ${change(bins[0][0])} to ${change(bins[bins.length - 1][0] + width)}`);
    showPlaces(hours, data.by_hour, Array.from({ length: 24 }, (_, i) => [String(i), String(i).padStart(2, "0")]));
    showPlaces(weekdays, data.by_weekday, WEEK.map((name, i) => [String(i), name]));
  }

  /** @param {Performance} data */
  function showEquity({ equity: points, underwater, scope }) {
    cards.equity.remark(points.length ? `since ${day(points[0][0])}` : "");
    const narrow = scope.symbol || scope.side;
    if (points.length) equity.show({ equity: points, underwater }, `Equity from ${money(points[0][1])} to ${money(points[points.length - 1][1])}, and how far it lay under its peak`);
    else equity.show(null, narrow ? "Equity is kept for the account and each strategy, not for one market or side." : "No point of equity in this range yet");
  }

  /** @param {import("../charts/still_chart.js").StillChart<import("../charts/bars_figure.js").Bar[]>} chart @param {any[]} found @param {string[][]} places key and label, in order */
  function showPlaces(chart, found, places) {
    const known = new Map(found.map((group) => [String(group.key), group]));
    const bars = places.map(([key, label]) => {
      const group = known.get(key) ?? known.get(label);
      return { label, value: group?.net_pnl ?? 0, text: `${label}: ${group ? `${change(group.net_pnl)}, ${counted(group.trades, "trade")}` : "no trade"}` };
    });
    const best = bars.reduce((a, b) => (b.value > a.value ? b : a));
    chart.show(bars, `Net P&L of ${digits(bars.length, 0)} places; the best is ${best.text}`);
  }
}
