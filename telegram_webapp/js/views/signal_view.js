/** Signals of the last hours: how many, how sure, what was decided on each, and why nothing was traded. */

import { DECISIONS, gateWords } from "../decisions.js";
import { h, setAttr, setText } from "../dom.js";
import { UNKNOWN, baseOf, counted, digits } from "../format.js";
import { icon } from "../icons.js";
import { choice, chips, withAny } from "./choice.js";
import { exportButtons } from "./export_buttons.js";
import { latestFirst, signalRows } from "./signal_rows.js";
import { mount as mountWhy } from "./why_cards.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../main.js").State} State */
/** @typedef {Record<string, any>} Signal */
/** @typedef {Record<string, number>} Counts */

const HOUR_MS = 3_600_000;
const PAGE = 100;
const OLD_AFTER_MS = 60_000;
const RETRY_MS = 5_000;
const RANGES = /** @type {[string, string][]} */ ([["1", "1h"], ["2", "2h"], ["6", "6h"], ["24", "24h"]]);
const USUAL = "2";
const FILTERS = ["strategy", "symbol", "decision"];
const ACTIONS = /** @type {const} */ (["buy", "sell", "hold"]);
const NONE = { buy: 0, sell: 0, hold: 0, traded: 0, closed: 0, refused: 0, held: 0 };

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const view = new SignalView(root, app);
  return { update: (state, changed) => view.update(state, changed), unmount: () => view.stop() };
}

class SignalView {
  #app;
  #hours = USUAL;
  /** @type {Record<string, string>} */
  #filter = {};
  /** @type {Map<string, Signal>} */
  #known = new Map();
  /** Came while the reader was further down. @type {Signal[]} */
  #held = [];
  /** @type {Counts} */
  #counts = NONE;
  /** @type {number | null} */
  #confidence = null;
  #gates = "";
  /** @type {string | null | undefined} */
  #cursor;
  #turn = 0;
  #askedAt = -Infinity;
  #failed = "";
  #unlisten;
  #parts;
  #show;
  #why;

  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.#app = app;
    this.#parts = this.#build(root);
    this.#show = signalRows(this.#parts.list, app);
    this.#why = mountWhy(this.#parts.why, app);
    this.#unlisten = app.store.listen((type, data) => this.#hear(type, data));
  }

  /** @param {State} state @param {Set<string>} changed */
  update(state, changed) {
    if (changed.has("route")) this.#enter();
    this.#why.update(state, changed);
    if (!state) return;
    const age = performance.now() - this.#askedAt;
    const restored = changed.has("connection") && !this.#app.connection.current.frozen;
    if (age > (this.#failed ? RETRY_MS : OLD_AFTER_MS) || (restored && age > RETRY_MS)) void this.#load();
    if (["signals", "time", "route", "stats"].some((name) => changed.has(name))) this.#draw(state);
  }

  stop() {
    this.#unlisten();
    this.#turn += 1;
  }

  /** @param {HTMLElement} root */
  #build(root) {
    const range = chips("Range of the signals", RANGES, (hours) => this.#choose({ hours }));
    const selects = Object.fromEntries(FILTERS.map((name) => [name, choice(name === "symbol" ? "Market" : name === "strategy" ? "Strategy" : "Decision", (value) => this.#choose({ [name]: value }))]));
    const actions = ACTIONS.map((name) => tally(name === "buy" ? "Buy" : name === "sell" ? "Sell" : "Hold", () => this.#choose({ action: this.#filter.action === name ? "" : name })));
    const [traded, refused, sure] = [cell("Traded"), cell("Refused"), cell("Confidence")];
    const list = h("ul.thoughts.card");
    const fresh = /** @type {HTMLButtonElement} */ (h("button.btn.main.fresh", { type: "button", hidden: true, onclick: () => this.#reveal() }));
    const empty = { title: h("b"), text: h("p") };
    const emptyBox = h("div.empty.card", { hidden: true }, h("span.ic", {}, icon("signals")), empty.title, empty.text);
    const more = /** @type {HTMLButtonElement} */ (h("button.btn.quiet", { type: "button", hidden: true, onclick: () => void this.#load(this.#cursor) }, "Load more"));
    const note = h("p.cap", { role: "status" });
    const why = h("section.part.signals-why");
    const file = exportButtons(this.#app, "signals", () => ({ hours: this.#hours, ...this.#filter }));
    root.append(h("div.signals-view", {},
      h("div.part.sec", {}, h("h1.title", {}, "Signals"), h("span.sp"), file),
      h("div.part", {}, range.el),
      h("div.part.filters.three", {}, ...FILTERS.map((name) => selects[name].el)),
      h("div.part.signals-sum", {}, h("div.card", {},
        h("div.tallies", { role: "group", "aria-label": "Show one side only" }, ...actions.map(({ el }) => el)),
        h("dl.figs", { "aria-label": "Totals of the range" }, traded.el, refused.el, sure.el))),
      h("div.signals-body", {}, why, h("section.part.signals-list", {}, h("h2.vh", {}, "List"), fresh, list, emptyBox, h("div.load", {}, more, note)))));
    return { range, selects, actions, traded, refused, sure, list, fresh, empty, emptyBox, more, note, why };
  }

  /** Take range and filter from the address. */
  #enter() {
    const { params } = this.#app.router.current;
    const hours = params.get("hours") ?? USUAL;
    this.#hours = RANGES.some(([value]) => value === hours) ? hours : USUAL;
    this.#filter = Object.fromEntries([...FILTERS, "action"].map((name) => [name, params.get(name) ?? ""]));
    this.#known.clear();
    this.#held = [];
    this.#cursor = undefined;
    this.#parts.range.show(this.#hours);
    void this.#load();
  }

  /** @param {Record<string, string>} part */
  #choose(part) {
    const next = { hours: this.#hours, ...this.#filter, ...part };
    this.#app.router.go("signals", Object.fromEntries(Object.entries(next).filter(([name, value]) => value && !(name === "hours" && value === USUAL))));
  }

  /** Ask for the newest page, or the one at *cursor*. @param {string | null} [cursor] */
  async #load(cursor) {
    this.#turn += 1;
    const turn = this.#turn;
    this.#askedAt = performance.now();
    const { more, note } = this.#parts;
    more.disabled = true;
    setText(note, this.#known.size ? "" : "Loading the signals");
    try {
      const page = await this.#app.api.get("api/signals", { hours: this.#hours, ...this.#filter, cursor, limit: PAGE });
      if (turn !== this.#turn) return;
      this.#take(page, cursor);
      this.#failed = "";
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#failed = `The signals did not load. ${/** @type {any} */ (error).detail ?? ""}`;
    }
    more.disabled = false;
    setText(note, this.#failed);
    if (this.#app.store.state) this.#draw(this.#app.store.state);
  }

  /** @param {Record<string, any>} page @param {string | null | undefined} cursor */
  #take(page, cursor) {
    for (const signal of page.signals) if (!this.#held.some(({ id }) => id === signal.id)) this.#known.set(signal.id, signal);
    if (cursor || this.#cursor === undefined) this.#cursor = page.next_cursor;
    this.#counts = { ...NONE, ...page.counts };
    this.#confidence = page.avg_confidence;
    this.#gates = page.by_gate.map((/** @type {any} */ item) => `${gateWords(item.gate)} ${item.count}`).join(", ");
  }

  /** A signal came: join it at the top, or hold it back while the reader is further down. @param {string} type @param {Signal} signal */
  #hear(type, signal) {
    if (type !== "signal_raised" || !this.#matches(signal) || this.#known.has(signal.id) || this.#cursor === undefined) return;
    const before = ACTIONS.reduce((sum, name) => sum + this.#counts[name], 0);
    this.#counts = { ...this.#counts, [signal.action]: this.#counts[signal.action] + 1, [signal.decision]: this.#counts[signal.decision] + 1 };
    this.#confidence = ((this.#confidence ?? 0) * before + signal.confidence) / (before + 1);
    if (this.#parts.list.getBoundingClientRect().top < 0) this.#held.push(signal);
    else this.#known.set(signal.id, signal);
  }

  /** @param {Signal} signal */
  #matches(signal) {
    return Object.entries(this.#filter).every(([name, value]) => !value || signal[name] === value);
  }

  /** Show what was held back. */
  #reveal() {
    for (const signal of this.#held) this.#known.set(signal.id, signal);
    this.#held = [];
    scrollTo({ top: 0 });
    if (this.#app.store.state) this.#draw(this.#app.store.state);
  }

  /** @param {NonNullable<State>} state */
  #draw(state) {
    this.#offer(state);
    this.#sum();
    const { list, fresh, emptyBox, more } = this.#parts;
    const since = this.#app.clock.now() - Number(this.#hours) * HOUR_MS;
    const signals = [...this.#known.values()].filter((signal) => signal.at >= since).sort(latestFirst);
    this.#show(signals);
    list.hidden = !signals.length;
    fresh.hidden = !this.#held.length;
    setText(fresh, `${counted(this.#held.length, "new signal")}`);
    more.hidden = !this.#cursor;
    emptyBox.hidden = signals.length > 0 || this.#cursor === undefined;
    const filtered = Object.values(this.#filter).some(Boolean);
    setText(this.#parts.empty.title, filtered ? "No signal matches" : `No signal in ${this.#hours === "1" ? "the last hour" : `${this.#hours} hours`}`);
    setText(this.#parts.empty.text, filtered ? "Choose another strategy, market or decision to see more." : "A strategy speaks when a candle that it watches closes.");
  }

  /** @param {NonNullable<State>} state */
  #offer(state) {
    const { selects } = this.#parts;
    const { strategy, symbol, decision } = this.#filter;
    selects.strategy.offer(withAny(Object.keys(state.strategies), strategy), "Strategies", strategy ?? "");
    selects.symbol.offer(withAny(Object.keys(state.prices), symbol), "Markets", symbol ?? "", Object.fromEntries(Object.keys(state.prices).map((name) => [name, baseOf(name, state.stats[name])])));
    selects.decision.offer(["", ...Object.keys(DECISIONS)], "Decisions", decision ?? "", DECISIONS);
  }

  #sum() {
    const { actions, traded, refused, sure } = this.#parts;
    const known = this.#cursor !== undefined;
    const count = (/** @type {number} */ value) => (known ? digits(value, 0) : "");
    const counts = this.#counts;
    ACTIONS.forEach((name, i) => {
      setText(actions[i].count, count(counts[name]));
      setAttr(actions[i].el, "aria-pressed", String(this.#filter.action === name));
    });
    setText(traded.value, count(counts.traded));
    setText(traded.basis, known ? `${counted(counts.closed, "exit")}, ${digits(counts.held, 0)} held` : "");
    setText(refused.value, count(counts.refused));
    setText(refused.basis, known ? (this.#gates ? `gates: ${this.#gates}` : "no gate stopped one") : "");
    setAttr(refused.basis, "title", this.#gates || null);
    setText(sure.value, known ? this.#confidence?.toFixed(2) ?? UNKNOWN : "");
    setText(sure.basis, known ? "average, 0 to 1" : "");
  }
}

/** @param {string} label */
function cell(label) {
  const [value, basis] = [h("span.live"), h("span.live")];
  return { value, basis, el: h("div.fig", {}, h("dt.cap", {}, label), h("dd.v", {}, value), h("dd.sub", {}, basis)) };
}

/** A count that filters when pressed. @param {string} label @param {() => void} pressed */
function tally(label, pressed) {
  const count = h("b.live");
  return { count, el: h("button", { type: "button", "aria-pressed": "false", onclick: pressed }, h("span", {}, label), " ", count) };
}
