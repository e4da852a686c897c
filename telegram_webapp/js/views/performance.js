/** How well it went: figures with their formulas, equity over drawdown, and where it was earned. */

import { h, setText } from "../dom.js";
import { setTone } from "../figure.js";
import { change, counted, digits, toneOf } from "../format.js";
import { icon } from "../icons.js";
import { day, span } from "../time.js";
import { accountChoice } from "./account_choice.js";
import { choice, chips, withAny } from "./choice.js";
import { learningCards } from "./learning_cards.js";
import { headlines, moreFigures } from "./measure_grid.js";
import { performanceTabs } from "./performance_tabs.js";
import { mount as mountPositions } from "./positions.js";
import { recentTrades } from "./recent_trades.js";
import { reportCard } from "./report_card.js";
import { breakdowns } from "./result_cards.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../main.js").State} State */
/** @typedef {Record<string, any>} Performance */

const RANGES = /** @type {[string, string][]} */ ([["today", "Today"], ["7d", "7d"], ["30d", "30d"], ["all", "All"]]);
const USUAL = "30d";
const FILTERS = /** @type {[name: string, label: string][]} */ ([["strategy", "Strategy"], ["symbol", "Market"], ["side", "Side"]]);
/** Trades that close together are asked for together, and never more often than this. */
/** Unless the settings say otherwise. */
const GATHER_S = 2;
const OLD_AFTER_MS = 60_000;
const RETRY_MS = 5_000;

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const view = new PerformanceView(root, app);
  return { update: (state, changed) => view.update(state, changed), unmount: () => view.stop() };
}

class PerformanceView {
  #app;
  /** @type {Record<string, string>} */
  #scope = {};
  /** @type {Performance | null} */
  #data = null;
  #turn = 0;
  #askedAt = -Infinity;
  #failed = false;
  /** Closed trades of the account when the figures were asked for. */
  #closed = -1;
  #timer = 0;
  #parts;

  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.#app = app;
    this.#parts = this.#build(root);
  }

  /** @param {State} state @param {Set<string>} changed */
  update(state, changed) {
    if (changed.has("route")) this.#enter();
    const { results, positions, trades, account } = this.#parts;
    results.update(changed);
    account.update(changed);
    if (!state) return;
    this.#offer(state);
    this.#refresh(state, changed);
    positions.update(this.#ofScope(state), changed);
    trades.update(state, changed);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#turn += 1;
    const { results, positions, report } = this.#parts;
    results.unmount();
    positions.unmount();
    report.stop();
  }

  /** @param {HTMLElement} root */
  #build(root) {
    const app = this.#app;
    const range = chips("Range of the figures", RANGES, (value) => this.#choose({ range: value }));
    const selects = FILTERS.map(([name, label]) => ({ name, ...choice(label, (value) => this.#choose({ [name]: value })) }));
    const account = accountChoice(app, (id) => this.#choose({ account: id }));
    const net = h("span.live.num");
    const counts = h("p.counts", {}, h("span.live"));
    const figures = headlines();
    const results = breakdowns(app);
    const [more, learning, report] = [moreFigures(), learningCards(app), reportCard(app, () => this.#scope)];
    const moreCard = sectionCard("More figures", more.el);
    const open = h("section.part.positions-part");
    const trades = recentTrades(app, () => this.#scope);
    const trouble = h("div.part", { hidden: true });
    const late = h("div.late", { hidden: true }, h("div.masonry.part", {}, ...results.cards, ...learning.cards), open, h("section.part.trades-part", {}, trades.el),
      h("div.part.ends-part", {}, moreCard.el, report.el));
    root.append(h("div.performance-view", {}, h("h1.vh", {}, "Performance"), performanceTabs(app, "performance"),
      h("div.part.scope", {}, range.el, h("div.filters.three", {}, ...selects.map(({ el }) => el)), account.el), account.note, trouble,
      h("div.performance-top", {}, h("section.part.net-part", {}, h("h2.cap", {}, "Net P&L, after fees and funding"), h("p.big", {}, net), counts, figures.el),
        h("section.part", {}, results.lead)),
      late));
    return { range, selects, account, net, counts, figures, results, more, learning, report, trades, trouble, late, open, positions: mountPositions(open, app) };
  }

  /** Take the scope from the address. */
  #enter() {
    const { params } = this.#app.router.current;
    const range = params.get("range") ?? USUAL;
    /** @type {Record<string, string>} */
    const scope = { range: RANGES.some(([value]) => value === range) ? range : USUAL, ...Object.fromEntries([...FILTERS.map(([name]) => name), "account"].map((name) => [name, params.get(name) ?? ""])) };
    const same = JSON.stringify(scope) === JSON.stringify(this.#scope);
    this.#scope = scope;
    const { account, open, range: chosen } = this.#parts;
    chosen.show(scope.range);
    account.show(scope.account);
    open.hidden = Boolean(scope.account);
    if (!same) void this.#load();
  }

  /** @param {Record<string, string>} part */
  #choose(part) {
    const next = { ...this.#scope, ...part, ...("account" in part ? { strategy: "", symbol: "" } : {}) };
    this.#app.router.go("performance", Object.fromEntries(Object.entries(next).filter(([name, value]) => value && !(name === "range" && value === USUAL))));
  }

  /** Ask again when a trade closed, when it was long ago, when it failed. @param {NonNullable<State>} state @param {Set<string>} changed */
  #refresh(state, changed) {
    if (this.#scope.account) return;
    const age = performance.now() - this.#askedAt;
    const { frozen } = this.#app.connection.current;
    const closed = state.account.closed_trades ?? 0;
    const due = this.#failed ? age > RETRY_MS : closed !== this.#closed || (!frozen && age > OLD_AFTER_MS) || (changed.has("connection") && !frozen && age > RETRY_MS);
    this.#closed = closed;
    if (due && !this.#timer) this.#timer = setTimeout(() => void this.#load(), Math.max(0, (this.#app.boot.trading?.update_interval ?? GATHER_S) * 1000 - age));
  }

  async #load() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#turn += 1;
    const turn = this.#turn;
    this.#askedAt = performance.now();
    try {
      const data = await this.#app.api.get("api/performance", this.#scope);
      if (turn !== this.#turn) return;
      this.#failed = false;
      this.#show(data);
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  /** @param {Performance} data */
  #show(data) {
    const first = !this.#data;
    this.#data = data;
    const { net, counts, figures, results, more, learning, late, trouble, trades } = this.#parts;
    trouble.hidden = true;
    trouble.replaceChildren();
    const value = data.measures.net_pnl?.value ?? 0;
    setText(net, change(value));
    setTone(net, toneOf(value));
    setText(/** @type {Node} */ (counts.firstChild), countsText(data));
    figures.show(data);
    results.show(data);
    more.show(data);
    late.hidden = false;
    trades.reload();
    if (first || learning.strategy !== this.#scope.strategy) void learning.load(this.#scope);
    if (this.#app.store.state) this.#offer(this.#app.store.state);
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#failed = true;
    const { trouble } = this.#parts;
    const again = h("button.btn.quiet", { type: "button", onclick: () => void this.#load() }, "Try again");
    const words = this.#data ? "The figures below are those from before." : "They are asked for again by themselves.";
    trouble.hidden = false;
    trouble.replaceChildren(h("div.banner", { "data-tone": "off", role: "alert" }, icon("alert"),
      h("div", {}, h("b", {}, "The figures did not load"), h("span.d", {}, `${/** @type {any} */ (error).detail ?? ""} ${words}`)), again));
  }

  /** Fill the lists with what there is. @param {NonNullable<State>} state */
  #offer(state) {
    const { strategy, symbol, side, account } = this.#scope;
    const groups = (/** @type {string} */ name) => (this.#data?.[name] ?? []).map((/** @type {any} */ group) => group.key);
    const [strategies, markets, sides] = this.#parts.selects;
    strategies.offer(withAny(account ? [] : Object.keys(state.strategies), groups("by_strategy"), [strategy]), "Strategies", strategy ?? "");
    markets.offer(withAny(account ? [] : Object.keys(state.prices), groups("by_symbol"), [symbol]), "Markets", symbol ?? "");
    sides.offer(["", "long", "short"], "Both sides", side ?? "", { long: "Long", short: "Short" });
  }

  /** The state as if there were nothing else. @param {NonNullable<State>} state @returns {NonNullable<State>} */
  #ofScope(state) {
    const names = /** @type {const} */ (["strategy", "symbol", "side"]);
    const wanted = (/** @type {any} */ position) => names.every((name) => !this.#scope[name] || position[name] === this.#scope[name]);
    return { ...state, positions: Object.fromEntries(Object.entries(state.positions).filter(([, position]) => wanted(position))) };
  }
}

/** "128 trades: 75 won, 50 lost, 3 even. 23 days." @param {Performance} data @returns {string} */
function countsText({ counts, scope }) {
  const { trades, wins, losses, breakevens } = counts;
  const since = scope.since && scope.until ? ` ${counts.days ? counted(counts.days, "day") : span(scope.until - scope.since)}, since ${day(scope.since)}.` : "";
  if (!trades) return `No closed trade${scope.range === "all" ? " yet" : " in this time"}.`;
  return `${counted(trades, "trade")}: ${digits(wins, 0)} won, ${digits(losses, 0)} lost${breakevens ? `, ${digits(breakevens, 0)} even` : ""}.${since}`;
}
