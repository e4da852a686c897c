/** Candles of a symbol with its entries, exits, stops and targets; the last candle is alive. */

import { h, setAttr } from "../dom.js";
import { price as priceText, quantity } from "../format.js";
import { candleFigure } from "./candle_figure.js";
import { CandleSeries, formingOf, indexAt } from "./candle_series.js";
import { WARM_UP, linesOf } from "./indicator_lines.js";
import { INTERVALS } from "./intervals.js";
import { levelsOf } from "./levels.js";
import { Plot } from "./plot.js";
import { forgetColours, groundOf } from "./theme.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../main.js").State} State */
/** @typedef {import("./candle_figure.js").Fill} Fill */
/** @typedef {import("./levels.js").Level} Level */
/** @typedef {import("./intervals.js").Interval} Interval */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * What is looked at.
 * @typedef {object} Subject
 * @property {string} symbol
 * @property {Interval} interval
 * @property {{from: number, to: number, position: string, levels: Level[]}} [past] the time of a
 *     position that is over, instead of now
 * @property {string[]} [indicators] names of those that are drawn
 */

const CANDLE_PX = 7;
const AHEAD = 0.07;
const ASK_AGAIN_MS = 3000;
const WIDE = "(min-width: 1024px) and (pointer: fine)";

/**
 * Build the chart.
 * @param {HTMLElement} root empty; its height is the chart's
 * @param {App} app
 * @param {Subject} subject
 * @returns {import("../main.js").View & {show: (subject: Subject) => void}}
 */
export function mountCandleChart(root, app, subject) {
  const chart = new CandleChart(root, app, subject);
  return {
    update: (state, changed) => chart.update(state, changed),
    show: (next) => chart.show(next),
    unmount: () => chart.stop(),
  };
}

class CandleChart {
  #app;
  #box;
  #plot;
  #subject;
  #series;
  /** @type {State} */
  #state = null;
  /** @type {Fill[]} */
  #fills = [];
  /** Indexes a person zoomed to, of the candles from *since* on. @type {{view: [number, number], since: number} | null} */
  #zoom = null;
  /** Open time of the first candle drawn. */
  #since = 0;
  #loaded = false;
  #asking = 0;
  #askedAt = -Infinity;
  #reset;
  #unlisten;

  /** @param {HTMLElement} root @param {App} app @param {Subject} subject */
  constructor(root, app, subject) {
    this.#app = app;
    this.#subject = subject;
    this.#series = new CandleSeries(INTERVALS[subject.interval].ms);
    this.#box = h("div.chart", { role: "img", "aria-label": `Candles of ${subject.symbol}` });
    this.#reset = h("button.btn.quiet.zoom-out", { type: "button", hidden: true, onclick: () => this.#look(null) }, "Show all");
    root.append(this.#box, this.#reset);
    this.#plot = new Plot(this.#box, app, (size) => this.#figure(size), {
      plotly_relayout: (event) => this.#zoomed(event),
      plotly_doubleclick: () => this.#look(null),
    });
    this.#unlisten = app.store.listen((type, data) => this.#hear(type, data));
  }

  /** Look at something else. @param {Subject} subject */
  show(subject) {
    const { symbol, interval, indicators = [] } = this.#subject;
    if (subject.symbol === symbol && subject.interval === interval && subject.past === this.#subject.past) {
      if (indicators.join() !== (subject.indicators ?? []).join()) this.#draws(subject);
      return;
    }
    this.#subject = subject;
    this.#series = new CandleSeries(INTERVALS[subject.interval].ms);
    this.#loaded = false;
    this.#askedAt = -Infinity;
    this.#look(null);
    setAttr(this.#box, "aria-label", `Candles of ${subject.symbol}`);
    void this.#ask();
  }

  /** Draw other indicators over the same candles, and ask for what lies before them. @param {Subject} subject */
  #draws(subject) {
    this.#subject = subject;
    this.#askedAt = -Infinity;
    this.#plot.now();
    void this.#ask();
  }

  /** @param {State} state @param {Set<string>} changed */
  update(state, changed) {
    this.#state = state;
    if (changed.has("theme")) forgetColours();
    const price = state?.prices[this.#subject.symbol];
    if (!price) return;
    const restored = changed.has("connection") && !this.#app.connection.current.frozen;
    if (!this.#loaded || restored || (!this.#subject.past && this.#series.misses(price.open_time))) void this.#ask();
    const live = !this.#subject.past && ["prices", "positions", "orders", "activity", "stats"].some((name) => changed.has(name));
    if (live || changed.has("theme") || changed.has("connection")) this.#plot.ask();
  }

  stop() {
    this.#unlisten();
    this.#plot.stop();
  }

  /** @param {string} type @param {any} data */
  #hear(type, data) {
    if (this.#subject.past || data.symbol !== this.#subject.symbol) return;
    if (type === "candle_closed") this.#series.close(data);
    if (type === "order_filled") this.#fills.push(...this.#marks([data]));
  }

  /** Ask for the past; what is looked at meanwhile overtakes an older answer. */
  async #ask() {
    const subject = this.#subject;
    if (performance.now() - this.#askedAt < ASK_AGAIN_MS || !this.#state) return;
    this.#askedAt = performance.now();
    this.#asking += 1;
    const turn = this.#asking;
    const hours = hoursOf(subject, this.#app.clock.now());
    const through = (this.#state.prices[subject.symbol]?.open_time ?? 0) - MINUTE_MS;
    const past = subject.past && { hours: Math.ceil((subject.past.to - subject.past.from) / HOUR_MS), until: Math.ceil(subject.past.to) };
    try {
      const { candles, fills } = await this.#app.api.get(`api/data/${encodeURIComponent(subject.symbol)}`, { hours, interval: subject.interval, ...past });
      if (turn !== this.#asking) return;
      this.#series.load(candles, through);
      this.#fills = this.#marks(fills.filter((/** @type {any} */ fill) => !subject.past || fill.position_id === subject.past.position));
      this.#loaded = true;
      this.#plot.say(candles.length ? "" : "No candle yet. The first closes within a minute.");
      this.#plot.now();
    } catch {
      if (turn === this.#asking && !this.#loaded) this.#plot.say("The candles did not load. They are asked for again.");
    }
  }

  /** @param {Record<string, any>[]} fills @returns {Fill[]} */
  #marks(fills) {
    const { symbol } = this.#subject;
    const stats = this.#state?.stats[symbol];
    return fills.map((fill) => {
      const entry = fill.role === "entry";
      const verb = fill.side === "buy" ? "Bought" : "Sold";
      return { at: fill.at, price: fill.price, kind: entry ? (fill.side === "buy" ? "long" : "short") : "exit", text: `${verb} ${quantity(fill.qty, symbol, stats)} at ${priceText(fill.price, stats)}` };
    });
  }

  /** @param {any} event of Plotly: a person dragged */
  #zoomed(event) {
    const [left, right] = event["xaxis.range"] ?? [event["xaxis.range[0]"], event["xaxis.range[1]"]];
    if (typeof left === "number" && typeof right === "number") this.#look([left, right]);
  }

  /** @param {[number, number] | null} view indexes at the edges; null for all */
  #look(view) {
    this.#zoom = view && { view, since: this.#since };
    this.#reset.hidden = !view;
    this.#plot.now();
  }

  /** @param {import("./plot.js").Size} size */
  #figure(size) {
    const state = this.#state;
    const { symbol, interval, past } = this.#subject;
    if (!state || !this.#loaded) return null;
    const all = this.#series.with(past ? null : formingOf(state.prices[symbol]));
    if (!all.length) return null;
    const { from, view } = this.#cut(all, size.width);
    const candles = all.slice(from);
    this.#since = candles[0][0];
    const last = candles[candles.length - 1];
    const stats = state.stats[symbol];
    setAttr(this.#box, "aria-label", `Candles of ${symbol}, ${interval}: last close ${priceText(last[4], stats)}`);
    return candleFigure({
      candles, stats, intervalMs: INTERVALS[interval].ms, view,
      levels: past ? past.levels : levelsOf(state, symbol), fills: this.#fills,
      drawn: linesOf(this.#subject.indicators ?? [], all, from), frozen: !past && this.#app.connection.current.frozen,
      zoom: matchMedia(WIDE).matches, ground: groundOf(this.#box),
    }, size);
  }

  /**
   * As many candles as are readable, with room ahead; those a person zoomed into stay in place.
   * @param {import("./candle_series.js").Candle[]} all
   * @param {number} width px
   * @returns {{from: number, view: [number, number]}} index of the first one, and the edges counted from it
   */
  #cut(all, width) {
    const { past } = this.#subject;
    const count = Math.max(30, Math.floor(width / CANDLE_PX));
    const newest = past ? 0 : Math.max(0, all.length - count);
    const from = this.#zoom ? Math.max(0, indexAt(all, this.#zoom.since)) : newest;
    const room = past ? 0.5 : count * AHEAD;
    return { from, view: this.#zoom?.view ?? [-0.7, all.length - from - 1 + room] };
  }
}

/** How much past is asked for: indicators need some before what is shown, the day's mean all of today. @param {Subject} subject @param {number} now */
function hoursOf({ interval, indicators = [] }, now) {
  const { hours, ms } = INTERVALS[interval];
  if (!indicators.length) return hours;
  const today = indicators.includes("vwap") ? Math.ceil((now % DAY_MS) / HOUR_MS) + 1 : 0;
  return Math.max(hours + Math.ceil((WARM_UP * ms) / HOUR_MS), today);
}
