/** Equity over an hour, a day, a week or all of it, with entries, exits and a reference line. */

import { h, setAttr } from "../dom.js";
import { money } from "../format.js";
import { recall, remember } from "../memory.js";
import { equityFigure } from "./equity_figure.js";
import { equityKey } from "./equity_key.js";
import { EquitySeries } from "./equity_series.js";
import { Plot } from "./plot.js";
import { forgetColours, groundOf } from "./theme.js";
import { joinTrades, marksOf } from "./trade_marks.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../main.js").State} State */

const HOUR = 3_600_000;
const LEVELS = { day: "Day open", start: "Start", week: "7 days ago" };
/** @type {Record<string, {hours: number | null, words: string, level: keyof typeof LEVELS}>} */
const RANGES = {
  "1h": { hours: 1, words: "the last hour", level: "day" },
  "24h": { hours: 24, words: "the last 24 hours", level: "day" },
  "7d": { hours: 168, words: "the last 7 days", level: "week" },
  All: { hours: null, words: "the whole time", level: "start" },
};
const CHOICE = "equity.range";
const MARK_PX = 12;
const TRADES_ASKED = 200;
const ASK_AGAIN_MS = 4000;

/**
 * Build the chart with its key and its ranges.
 * @param {HTMLElement} root empty; its class gives the height
 * @param {App} app
 * @returns {import("../main.js").View}
 */
export function mountEquityChart(root, app) {
  const chart = new EquityChart(root, app);
  return {
    update: (state, changed) => chart.update(state, changed),
    unmount: () => chart.stop(),
  };
}

class EquityChart {
  #app;
  #box = h("div.chart", { role: "img", "aria-label": "Equity" });
  #key = equityKey();
  #plot;
  /** @type {State} */
  #state = null;
  #range;
  #series = new EquitySeries();
  /** @type {Record<string, any>[]} */
  #trades = [];
  #loaded = "";
  #asking = "";
  #askedAt = -Infinity;
  /** @type {Map<string, HTMLElement>} */
  #chips = new Map();

  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.#app = app;
    const kept = recall(CHOICE) ?? "";
    this.#range = kept in RANGES ? kept : "24h";
    root.append(this.#box, this.#key.el, this.#buildChips());
    this.#plot = new Plot(this.#box, app, (size) => this.#figure(size));
  }

  /** @param {State} state @param {Set<string>} changed */
  update(state, changed) {
    this.#state = state;
    if (changed.has("theme")) forgetColours();
    if (typeof state?.account.equity !== "number") return;
    const restored = changed.has("connection") && !this.#app.connection.current.frozen;
    if (!this.#series.extend(state.equity) || this.#loaded !== this.#range || restored) void this.#ask();
    if (["account", "equity", "trades", "positions", "theme", "connection"].some((name) => changed.has(name))) this.#plot.ask();
  }

  stop() {
    this.#plot.stop();
  }

  #buildChips() {
    const group = h("div.chips", { role: "group", "aria-label": "Range of the equity chart" });
    for (const name of Object.keys(RANGES)) {
      const chip = h("button", { type: "button", "aria-pressed": String(name === this.#range), onclick: () => this.#choose(name) }, h("span", {}, name));
      this.#chips.set(name, chip);
      group.append(chip);
    }
    return group;
  }

  /** @param {string} range */
  #choose(range) {
    this.#range = range;
    remember(CHOICE, range);
    for (const [name, chip] of this.#chips) setAttr(chip, "aria-pressed", String(name === range));
    this.#askedAt = -Infinity;
    void this.#ask();
  }

  /** Ask for the past of the chosen range; a newer choice overtakes an older answer. */
  async #ask() {
    const range = this.#range;
    if (this.#asking === range || performance.now() - this.#askedAt < ASK_AGAIN_MS) return;
    this.#asking = range;
    this.#askedAt = performance.now();
    try {
      const { hours } = RANGES[range];
      const since = hours && this.#app.clock.now() - hours * HOUR;
      const [past, trades] = await Promise.all([
        this.#app.api.get("api/equity", { hours }),
        this.#app.api.get("api/trades", { since: since && Math.floor(since), limit: TRADES_ASKED }),
      ]);
      if (range !== this.#range) return;
      this.#series.load(past.points);
      this.#series.extend(this.#state?.equity ?? []);
      this.#trades = trades.trades;
      this.#loaded = range;
      this.#plot.now();
    } catch {
      this.#plot.say("The past did not load. It is asked for again.");
    } finally {
      this.#asking = "";
    }
  }

  /** @param {import("./plot.js").Size} size */
  #figure(size) {
    const state = this.#state;
    if (!state || !this.#loaded) return null;
    const points = this.#points(state);
    const { level, words } = RANGES[this.#loaded];
    const trades = joinTrades(this.#trades, state.trades);
    const span = /** @type {[number, number]} */ ([points[0][0], points[points.length - 1][0]]);
    const { marks, whole } = marksOf({ trades, positions: Object.values(state.positions) }, span, Math.floor(size.width / MARK_PX));
    const values = { day: state.account.day_open_equity, start: state.account.initial_balance, week: points[0][1] };
    const { frozen } = this.#app.connection.current;
    const figure = equityFigure({ points, marks, level: values[level] ?? null, frozen, ground: groundOf(this.#box) }, size);
    const has = (/** @type {string} */ kind) => marks.some((mark) => mark.kind === kind);
    this.#key.show({ long: has("long"), short: has("short"), exit: has("exit"), level: figure.levelShown ? LEVELS[level] : "", note: whole ? "" : "largest only" });
    setAttr(this.#box, "aria-label", `Equity over ${words}: from ${money(points[0][1])} to ${money(points[points.length - 1][1])}`);
    const look = [figure.place, points.length, marks.length, frozen, this.#app.theme.resolved, size.width, size.height].join();
    return { ...figure, look };
  }

  /** The line of the loaded range, ending now. @param {NonNullable<State>} state @returns {import("./equity_series.js").Point[]} */
  #points(state) {
    const { hours } = RANGES[this.#loaded];
    const { equity } = state.account;
    const at = heardAt(state);
    const points = this.#series.since(hours ? at - hours * HOUR : -Infinity).filter(([time]) => time < at);
    if (!points.length) points.push([at - (hours ?? 1) * HOUR, hours ? equity : state.account.initial_balance]);
    points.push([at, equity]);
    return points;
  }
}

/** When the figures are of: the account says nothing while nothing changes. @param {NonNullable<State>} state @returns {number} */
function heardAt({ account, equity, feed }) {
  return Math.max(account.at, equity.at(-1)?.at ?? 0, feed.last_message_at ?? 0);
}
