/** The list of closed trades with its filters, its totals and its way to a file. */

import { h, setText } from "../dom.js";
import { setTone } from "../figure.js";
import { UNKNOWN, change, percent, toneOf } from "../format.js";
import { icon } from "../icons.js";
import { accountChoice } from "./account_choice.js";
import { choice } from "./choice.js";
import { performanceTabs } from "./performance_tabs.js";
import { exportButtons } from "./export_buttons.js";
import { newestFirst, tradeRows } from "./trade_rows.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../main.js").State} State */
/** @typedef {Record<string, any>} Trade */

const PAGE = 50;

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const list = new TradeList(root, app);
  return { update: (state, changed) => list.update(state, changed), unmount() {} };
}

class TradeList {
  #app;
  /** What was asked for so far, by id. @type {Map<string, Trade>} */
  #known = new Map();
  /** Where the next page begins; null: nothing older; undefined: never asked. @type {string | null | undefined} */
  #cursor;
  #filter = { symbol: "", strategy: "", account: "" };
  #turn = 0;
  #account;
  #parts;
  #show;

  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.#app = app;
    this.#account = accountChoice(app, () => {});
    this.#parts = this.#build(root);
    this.#show = tradeRows(this.#parts.list, app);
  }

  /** @param {State} state @param {Set<string>} changed */
  update(state, changed) {
    if (changed.has("route")) this.#enter();
    if (this.#filter.account) this.#account.update(changed);
    if (!state) return;
    if (!["trades", "route", "time", "prices"].some((name) => changed.has(name))) return;
    this.#offer(state);
    this.#draw();
  }

  /** @param {HTMLElement} root */
  #build(root) {
    const symbol = choice("Market", (value) => this.#choose({ symbol: value }));
    const strategy = choice("Strategy", (value) => this.#choose({ strategy: value }));
    const file = exportButtons(this.#app, "trades", () => this.#filter);
    const count = sumCell("Trades");
    const net = sumCell("Net P&L", "num");
    const wins = sumCell("Win rate");
    const list = h("ul.feed.card");
    const empty = { title: h("b"), text: h("p") };
    const emptyBox = h("div.empty.card", { hidden: true }, h("span.ic", {}, icon("trades")), empty.title, empty.text);
    const more = /** @type {HTMLButtonElement} */ (h("button.btn.quiet", { type: "button", onclick: () => void this.#load() }, "Load more"));
    const note = h("p.cap", { role: "status" });
    root.append(h("div.trades-view", {},
      performanceTabs(this.#app, "trades"),
      h("div.part.sec", {}, h("h1.title", {}, "Trades"), h("span.sp"), file), this.#account.note,
      h("div.part.filters", {}, symbol.el, strategy.el),
      h("div.part.trades-sum", {}, h("dl.card.figs", { "aria-label": "Totals of the trades shown" }, count.el, net.el, wins.el)),
      h("div.part.trades-list", {}, list, emptyBox, h("div.load", {}, more, note))));
    return { symbol, strategy, count, net, wins, list, empty, emptyBox, more, note };
  }

  /** Take the filter from the address and begin at the newest. */
  #enter() {
    const { params } = this.#app.router.current;
    this.#filter = { symbol: params.get("symbol") ?? "", strategy: params.get("strategy") ?? "", account: params.get("account") ?? "" };
    this.#account.show(this.#filter.account);
    this.#known.clear();
    this.#cursor = undefined;
    void this.#load();
  }

  /** @param {Partial<{symbol: string, strategy: string}>} part */
  #choose(part) {
    const filter = { ...this.#filter, ...part };
    this.#app.router.go("trades", Object.fromEntries(Object.entries(filter).filter(([, value]) => value)));
  }

  /** Ask for the next page. */
  async #load() {
    this.#turn += 1;
    const turn = this.#turn;
    const { more, note } = this.#parts;
    more.disabled = true;
    setText(note, this.#cursor === undefined ? "Loading the past" : "");
    try {
      const page = await this.#app.api.get("api/trades", { ...this.#filter, cursor: this.#cursor, limit: PAGE });
      if (turn !== this.#turn) return;
      for (const trade of page.trades) this.#known.set(trade.id, trade);
      this.#cursor = page.next_cursor;
      setText(note, "");
    } catch (error) {
      if (turn === this.#turn) setText(note, `Older trades did not load. ${/** @type {any} */ (error).detail ?? ""}`);
    }
    if (turn !== this.#turn) return;
    more.disabled = false;
    if (this.#app.store.state) this.update(this.#app.store.state, new Set(["trades"]));
  }

  /** Fill the choices with what there is. @param {NonNullable<State>} state */
  #offer(state) {
    const all = [...this.#known.values(), ...(this.#filter.account ? [] : state.trades)];
    const names = (/** @type {string[]} */ more, /** @type {string} */ key) => [...new Set([...more, ...all.map((trade) => trade[key])])].sort();
    this.#parts.symbol.offer(["", ...names([...Object.keys(state.prices), this.#filter.symbol].filter(Boolean), "symbol")], "All markets", this.#filter.symbol);
    const strategies = Object.keys(state.strategies);
    this.#parts.strategy.offer(["", ...names([...strategies, this.#filter.strategy].filter(Boolean), "strategy")], "All strategies", this.#filter.strategy);
  }

  /** Trades that pass the filter; live ones join once the newest page is there. @returns {Trade[]} */
  #trades() {
    const { symbol, strategy } = this.#filter;
    const live = this.#filter.account ? [] : this.#app.store.state?.trades ?? [];
    const wanted = (/** @type {Trade} */ trade) => (!symbol || trade.symbol === symbol) && (!strategy || trade.strategy === strategy);
    const joined = new Map([...live.filter(wanted).map((/** @type {Trade} */ trade) => /** @type {[string, Trade]} */ ([trade.id, trade])), ...this.#known]);
    return [...joined.values()].sort(newestFirst);
  }

  #draw() {
    const { count, net, wins, list, emptyBox, more } = this.#parts;
    const trades = this.#trades();
    this.#show(trades);
    const sum = trades.reduce((total, trade) => total + trade.net_pnl, 0);
    const won = trades.filter((trade) => trade.net_pnl > 0).length;
    const lost = trades.filter((trade) => trade.net_pnl < 0).length;
    const whole = this.#cursor === null;
    setText(count.value, String(trades.length));
    setText(count.basis, whole ? "all that match" : "shown, newest first");
    setText(net.value, change(sum));
    setTone(net.value, toneOf(sum));
    setText(net.basis, whole ? "after all costs" : "of those shown");
    setText(wins.value, trades.length ? percent((100 * won) / trades.length) : UNKNOWN);
    setText(wins.basis, trades.length ? `${won} won, ${lost} lost${won + lost < trades.length ? `, ${trades.length - won - lost} even` : ""}` : "no closed trade yet");
    list.hidden = !trades.length;
    emptyBox.hidden = trades.length > 0 || this.#cursor === undefined;
    more.hidden = !this.#cursor;
    this.#sayEmpty();
  }

  #sayEmpty() {
    const { title, text } = this.#parts.empty;
    const filtered = this.#filter.symbol || this.#filter.strategy;
    setText(title, filtered ? "No trade matches" : "No closed trade yet");
    setText(text, filtered ? "Choose another market or strategy to see more." : "A trade appears here when its position is closed: by stop, target, signal or hand.");
  }
}

/** @param {string} label @param {string} [classes] */
function sumCell(label, classes = "") {
  const value = h("span", { class: `live ${classes}`.trim() });
  const basis = h("span");
  return { value, basis, el: h("div.fig.fact", {}, h("dt.cap", {}, label), h("dd.v", {}, value), h("dd.sub", {}, basis)) };
}
