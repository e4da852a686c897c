/** One trade whole: candles around it, what happened when, and what it came to. */

import { mountCandleChart } from "../charts/candle_chart.js";
import { INTERVALS } from "../charts/intervals.js";
import { h } from "../dom.js";
import { MINUS, UNKNOWN, capital, change, digits, leverage, money, percentChange, price as priceText, quantity, signOf, toneOf } from "../format.js";
import { icon } from "../icons.js";
import { day, hourMinuteSecond, span, when, zone } from "../time.js";
import { reasonCards } from "./trade_reasons.js";
import { timelineOf } from "./trade_timeline.js";
import { exitWords } from "./trade_rows.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Trade */
/** @typedef {Record<string, any>} Story an answer of api/trades/… */

/** The server gives 2000; a trade of months is shown from there on. */
const MOST_CANDLES = 1900;
const CANDLES_WANTED = 70;
const AROUND = 0.6;

/** @param {HTMLElement} root @param {App} app @param {string} id @returns {import("../main.js").View} */
export function mount(root, app, id) {
  const view = new TradeDetail(root, app, id);
  return { update: (state, changed) => view.update(state, changed), unmount: () => view.stop() };
}

class TradeDetail {
  #app;
  #id;
  #body;
  #ways;
  /** @type {import("../main.js").View | null} */
  #chart = null;
  #asked = false;
  #stopped = false;

  /** @param {HTMLElement} root @param {App} app @param {string} id */
  constructor(root, app, id) {
    this.#app = app;
    this.#id = id;
    const account = app.router.current.params.get("account");
    const back = h("a.link.back", { href: app.router.href("trades", account ? { account } : {}) }, icon("chevron", true), "Trades");
    this.#body = h("div", { "aria-busy": "true" }, h("p.cap.part", {}, "Loading the trade"));
    this.#ways = h("div.part.trade-ways", {}, back);
    root.append(h("div.trades-view.trade-detail", {}, this.#ways, this.#body));
  }

  /** @param {import("../main.js").State} state @param {Set<string>} changed */
  update(state, changed) {
    if (!state) return;
    if (!this.#asked) void this.#load();
    this.#chart?.update(state, changed);
  }

  stop() {
    this.#stopped = true;
    this.#chart?.unmount();
  }

  async #load() {
    this.#asked = true;
    const { app, id } = { app: this.#app, id: this.#id };
    try {
      const story = await app.api.get(`api/trades/${encodeURIComponent(id)}`, { account: app.router.current.params.get("account") });
      if (!this.#stopped && app.store.state) this.#show(story, app.store.state);
    } catch (error) {
      const { status, detail } = /** @type {import("../api.js").ApiError} */ (error);
      const told = app.store.state?.trades.find((/** @type {Trade} */ item) => item.id === id);
      if (this.#stopped) return;
      if (told && app.store.state) this.#show({ trade: told, facts: app.store.state.activity.filter((/** @type {any} */ fact) => fact.position_id === id) }, app.store.state);
      else if (status === 404) this.#say("There is no such trade", "It belongs to another account, or the address is not whole.");
      else this.#say("The trade did not load", detail ?? String(error), true);
    }
  }

  /** @param {string} title @param {string} text @param {boolean} [again] whether it may be asked for again */
  #say(title, text, again = false) {
    const retry = again && h("button.btn.quiet", { type: "button", onclick: () => void this.#load() }, "Try again");
    this.#body.replaceChildren(h("div.part", {}, h("div.empty.card", { role: "alert" }, h("span.ic", {}, icon("trades")), h("b", {}, title), h("p", {}, text), retry)));
    this.#body.removeAttribute("aria-busy");
  }

  /** @param {Story} story @param {NonNullable<import("../main.js").State>} state */
  #show(story, state) {
    const { trade } = story;
    const stats = state.stats[trade.symbol];
    const candles = h("div.card.trade-candles");
    this.#body.removeAttribute("aria-busy");
    this.#offerShare(trade, state.engine.badge);
    this.#body.replaceChildren(
      h("div.part", {}, head(trade, stats, this.#app.clock.now())),
      h("div.part.trade-body.gap", {},
        h("div.cards", {}, candles, ...reasonCards(story, this.#app), h("section.card.panel", {}, h("h2", {}, "What happened"), h("ol.timeline.fact", {}, ...timelineOf(trade, story.facts ?? [], stats)))),
        h("div.cards", {}, results(trade, stats), reach(trade), facts(trade, stats))));
    this.#chart = mountCandleChart(candles, this.#app, { symbol: trade.symbol, interval: intervalFor(trade), past: pastOf(trade, levelsOf(story)) });
    this.#chart.update(state, new Set(["prices"]));
  }

  /** @param {Trade} trade @param {string} badge */
  #offerShare(trade, badge) {
    const { guest } = this.#app;
    if (!guest?.native?.can("6.1") || this.#ways.childElementCount > 1) return;
    const what = `${trade.symbol} ${trade.side} ${leverage(trade.leverage)}: ${change(trade.net_pnl)}, ${percentChange(trade.roe_pct)} ROE`;
    const share = () => guest.share([badge, what].filter(Boolean).join("\n"), `trade_${trade.id}`);
    this.#ways.append(h("button.link", { type: "button", onclick: share }, "Share"));
  }
}

/** @param {Trade} trade @param {any} stats @param {number} now */
function head(trade, stats, now) {
  const { symbol, side, net_pnl: net } = trade;
  return h("header.trade-head.fact", {},
    h("h1", {}, symbol, h("span.tag", {}, `${capital(side)} ${leverage(trade.leverage)}`)),
    h("p", { class: `net num ${toneOf(net)}` }, change(net)),
    h("p.cap", {}, `${trade.strategy}, ${quantity(trade.qty, symbol, stats)}, closed ${when(trade.closed_at, now)} ${zone.name} ${exitWords(trade)}`));
}

/** @param {Trade} trade @param {any} stats */
function results(trade, stats) {
  const row = (/** @type {string} */ label, /** @type {string} */ text, /** @type {number | null} */ tone = null, sum = false) =>
    h(sum ? "div.sum" : "div", {}, h("dt", {}, label), h("dd", { class: tone === null ? "" : `num ${toneOf(tone)}` }, text));
  return h("section.card.panel.fact", {}, h("h2", {}, "Result"), h("dl.kv", {},
    row("Entry, average", priceText(trade.entry_price, stats)),
    row("Exit, average", priceText(trade.exit_price, stats)),
    row("Gross P&L", change(trade.gross_pnl), trade.gross_pnl),
    row("Fees", change(-trade.fees)),
    row("Funding", change(trade.funding)),
    row("Net result", change(trade.net_pnl), trade.net_pnl, true),
    ...(trade.risk ? [row("In R, what the stop risked", inRisk(trade.net_pnl / trade.risk))] : []),
    ...(typeof trade.slippage === "number" ? [row("Slippage, in the prices", change(-trade.slippage))] : []),
    row("ROE, on entry margin", percentChange(trade.roe_pct), trade.roe_pct)));
}

/** `+1.24 R` @param {number} multiple */
function inRisk(multiple) {
  const sign = signOf(multiple);
  return `${sign < 0 ? MINUS : sign > 0 ? "+" : ""}${digits(multiple, 2)} R`;
}

/** How far it went against us and for us while it was open. @param {Trade} trade */
function reach({ mae, mfe, gross_pnl: gross }) {
  const known = typeof mae === "number" && typeof mfe === "number";
  const low = Math.min(mae ?? 0, gross, 0);
  const high = Math.max(mfe ?? 0, gross, 0);
  const place = (/** @type {number} */ value) => `${(100 * (value - low)) / (high - low || 1)}%`;
  const zero = place(0);
  const bar = h("div.bar", { role: "img", "aria-label": `Worst ${money(mae)}, best ${money(mfe)}, closed at ${money(gross)} before costs` },
    h("i.worst", { style: `left:${place(low)};width:${(100 * -low) / (high - low || 1)}%` }), h("i.best", { style: `left:${zero};width:${(100 * high) / (high - low || 1)}%` }),
    h("i.zero", { style: `left:${zero}` }), h("i.net", { style: `left:${place(gross)}` }));
  return h("section.card.panel.fact", {}, h("h2", {}, "While it was open"),
    known ? h("div.reach", {}, bar, h("div.row", {}, h("span", {}, "Worst ", h("b", {}, change(mae))), h("span", {}, "Best ", h("b", {}, change(mfe))))) : h("p.cap", {}, UNKNOWN));
}

/** @param {Trade} trade @param {any} stats */
function facts(trade, stats) {
  const row = (/** @type {string} */ label, /** @type {string} */ text) => h("div", {}, h("dt", {}, label), h("dd", {}, text));
  const time = (/** @type {number} */ at) => `${day(at)}, ${hourMinuteSecond(at)}`;
  return h("section.card.panel", {}, h("h2", {}, "Facts"), h("dl.kv", {},
    row(`Opened, ${zone.name}`, time(trade.opened_at)), row(`Closed, ${zone.name}`, time(trade.closed_at)), row("Held", span(trade.closed_at - trade.opened_at)),
    row("Largest size", quantity(trade.qty, trade.symbol, stats)), row("Exit", capital(exitWords(trade))), row("Trade", trade.id)));
}

/** The candle length that shows it whole, and not as a dot. @param {Trade} trade @returns {import("../charts/intervals.js").Interval} */
function intervalFor(trade) {
  const length = (trade.closed_at - trade.opened_at) * (1 + 2 * AROUND);
  const found = Object.entries(INTERVALS).find(([, { ms }]) => length / ms <= CANDLES_WANTED);
  return /** @type {any} */ (found ?? ["1h"])[0];
}

/** The time around a trade. @param {Trade} trade @param {import("../charts/levels.js").Level[]} levels */
function pastOf(trade, levels) {
  const { ms } = INTERVALS[intervalFor(trade)];
  const room = Math.max((trade.closed_at - trade.opened_at) * AROUND, 15 * ms);
  const to = trade.closed_at + room;
  return { from: Math.max(trade.opened_at - room, to - MOST_CANDLES * ms), to, position: trade.id, levels };
}

/** Its lines: where it began and ended, and the last place of its stop and its target. @param {Story} story */
function levelsOf({ trade, stop_price: stop, target_price: target }) {
  /** @type {import("../charts/levels.js").Level[]} */
  const levels = [];
  if (typeof target === "number") levels.push({ kind: "target", word: "Target", value: target });
  if (typeof stop === "number") levels.push({ kind: "stop", word: "Stop", value: stop });
  levels.push({ kind: "entry", value: trade.entry_price, word: `Entry, ${trade.side} ${leverage(trade.leverage)}` });
  levels.push({ kind: "mark", value: trade.exit_price, word: "Exit" });
  return levels;
}
