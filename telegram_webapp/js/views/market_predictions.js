/** What was predicted of a market, how sure and worth how much, and what came true. */

import { serverChart } from "../charts/server_chart.js";
import { h, keyedList, setAttr, setText } from "../dom.js";
import { setTone } from "../figure.js";
import { UNKNOWN, digits, percent, percentChange, price as priceText, toneOf } from "../format.js";
import { past, span } from "../time.js";
import { chips } from "./choice.js";
import { figureCell } from "./figure_cell.js";
import { asked } from "./market_asked.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Prediction */

const EVERY_MS = 60_000;
const LAST = 30;
/** So many are listed; the others on a press. */
const FEW = 8;
const RANGES = /** @type {[string, string][]} */ ([["24", "24h"], ["168", "7d"], ["720", "30d"]]);

/** @param {HTMLElement} root @param {App} app @returns {import("./market_themes.js").Theme} */
export function mount(root, app) {
  let symbol = "";
  let hours = "168";
  let every = false;
  /** @type {Prediction[] | null} */
  let told = null;
  const range = chips("Range of the predictions", RANGES, (value) => { hours = value; draw(); });
  const charts = {
    predictions: serverChart(app, { type: "predictions", height: 260, label: "Confidence and predicted P&L" }),
    calibration: serverChart(app, { type: "calibration", height: 260, label: "Calibration" }),
  };
  const cells = { count: figureCell("Predictions"), right: figureCell("Came true"), sure: figureCell("Confidence"), brier: figureCell("Brier score") };
  const body = h("tbody");
  const heads = ["Said", "Confidence", "From", "Came true"].map((word) => h("th", { scope: "col" }, word));
  const table = h("table.plain.predictions", { hidden: true }, h("caption.vh", {}, "Predictions, newest first"), h("thead", {}, h("tr", {}, ...heads)), body);
  const none = h("p.cap.none", { role: "status" });
  const more = h("button.link", { type: "button", hidden: true, "aria-expanded": "false", onclick: () => { every = !every; list(); } });
  const rows = keyedList(body, { key: (/** @type {Prediction} */ one) => one.id, create: (one) => row(one, app) });
  const feed = asked(app, { path: "api/predictions", everyMs: EVERY_MS, what: "The predictions", show });
  root.append(h("div.theme-grid.pair", {},
    sectionCard("Confidence and predicted P&L", charts.predictions.el, range.el).el,
    sectionCard("Calibration: said against came true", charts.calibration.el).el,
    h("section.card.across", {}, h("h2.vh", {}, "Of the last ones"), h("dl.figs.four", {}, ...Object.values(cells).map(({ el }) => el))),
    h("div.across", {}, sectionCard("Last predictions", table, none, more, feed.el).el)));

  return {
    look(next) {
      symbol = next;
      draw();
      feed.look({ symbol, limit: LAST });
    },
    update(_, changed) {
      feed.update(changed);
      for (const chart of Object.values(charts)) chart.update(changed);
    },
    unmount() {
      feed.unmount();
      for (const chart of Object.values(charts)) chart.unmount();
    },
  };

  function draw() {
    range.show(hours);
    for (const chart of Object.values(charts)) chart.show({ symbol, hours });
  }

  /** @param {Record<string, any> | null} page */
  function show(page) {
    told = page?.predictions ?? null;
    const found = told ?? [];
    list();
    table.hidden = !found.length;
    none.hidden = found.length > 0;
    setText(none, page ? `Nothing was predicted of ${symbol} yet. Predictors speak once they are trained; each prediction appears here with what came of it.` : "");
    sum(told);
  }

  function list() {
    const found = told ?? [];
    rows(every ? found : found.slice(0, FEW));
    more.hidden = found.length <= FEW;
    setText(more, every ? "Fewer" : `All ${found.length}`);
    setAttr(more, "aria-expanded", String(every));
  }

  /** @param {Prediction[] | null} found */
  function sum(found) {
    const over = (found ?? []).filter(({ rose }) => rose !== null);
    const right = over.filter((one) => one.rose === saysUp(one)).length;
    const mean = (/** @type {number[]} */ values) => (values.length ? values.reduce((a, b) => a + b, 0) / values.length : null);
    const sure = mean((found ?? []).map(surety));
    const brier = mean(over.map(({ up_probability: up, rose }) => (up - Number(rose)) ** 2));
    cells.count.show(found ? digits(found.length, 0) : UNKNOWN, found ? `the last ones, ${digits(over.length, 0)} decided` : "");
    cells.right.show(over.length ? percent((100 * right) / over.length) : UNKNOWN, found ? (over.length ? `${digits(right, 0)} of ${digits(over.length, 0)}` : "none is decided yet") : "");
    cells.sure.show(sure === null ? UNKNOWN : percent(100 * sure), found ? "average, 50 is a guess" : "");
    cells.brier.show(brier === null ? UNKNOWN : digits(brier, 3), found ? "0.250 is a guess, 0 is perfect" : "");
  }
}

/** @param {Prediction} one */
const saysUp = ({ up_probability: up }) => up >= 0.5;
/** How likely it thought what it said. @param {Prediction} one */
const surety = ({ up_probability: up }) => Math.max(up, 1 - up);

/** @param {Prediction} one @param {App} app */
function row(one, app) {
  const [said, age, from, truth, moved] = [h("span"), h("small"), h("span"), h("span"), h("small")];
  const up = saysUp(one);
  setText(said, `${up ? "Up" : "Down"} in ${span(one.horizon_ms)}`);
  return {
    el: h("tr", {}, h("th", { scope: "row" }, said, h("small", {}, one.strategy)), h("td", {}, percent(100 * surety(one)), age), h("td", {}, from, h("small", {}, one.model)), h("td", {}, truth, moved)),
    /** @param {Prediction} now */
    update(now) {
      const clock = app.clock.now();
      const change = now.outcome_price === null ? null : 100 * (now.outcome_price / now.price - 1);
      setText(age, past(now.at, clock));
      setText(from, priceText(now.price, app.store.state?.stats[now.symbol]));
      setText(truth, now.rose === null ? (now.due_at > clock ? `in ${span(now.due_at - clock)}` : "not yet known") : now.rose === up ? "Yes" : "No");
      setText(moved, change === null ? "" : percentChange(change));
      setTone(moved, toneOf(change));
    },
  };
}
