/** Two strategies side by side on the same tape: the verdict first, then what it stands on. */

import { compareFigure } from "../charts/compare_figure.js";
import { stillChart } from "../charts/still_chart.js";
import { h, setText } from "../dom.js";
import { counted, percentChange } from "../format.js";
import { icon } from "../icons.js";
import { abTable } from "./ab_table.js";
import { verdictCard } from "./ab_verdict.js";
import { chips, choice } from "./choice.js";
import { performanceTabs } from "./performance_tabs.js";
import { sectionCard } from "./section_card.js";
import { strategyCard } from "./strategy_cards.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../main.js").State} State */
/** @typedef {Record<string, any>} Comparison an answer of api/ab-test */

const RANGES = /** @type {[string, string][]} */ ([["7d", "7d"], ["30d", "30d"], ["all", "All"]]);
const USUAL = "all";
const DAY_MS = 86_400_000;
/** Unless the settings say otherwise. */
const GATHER_S = 2;
const OLD_AFTER_MS = 60_000;
const RETRY_MS = 5_000;

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const view = new ComparisonView(root, app);
  return { update: (state, changed) => view.update(state, changed), unmount: () => view.stop() };
}

class ComparisonView {
  #app;
  /** @type {Record<string, string>} */
  #scope = {};
  /** @type {Comparison | null} */
  #data = null;
  #turn = 0;
  #askedAt = -Infinity;
  #failed = false;
  #closed = "";
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
    this.#parts.chart.update(changed);
    if (!state) return;
    this.#parts.pair.hidden = Math.max(Object.keys(state.strategies).length, this.#data?.strategies.length ?? 0) <= 2;
    this.#refresh(state, changed);
    if (["strategies", "route", "connection"].some((name) => changed.has(name))) this.#showOthers(state);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#parts.chart.unmount();
  }

  /** @param {HTMLElement} root */
  #build(root) {
    const app = this.#app;
    const range = chips("Range of the comparison", RANGES, (value) => this.#choose({ range: value }));
    const pick = { a: choice("First strategy", (a) => this.#choose({ a })), b: choice("Second strategy", (b) => this.#choose({ b })) };
    const pair = h("div.filters", { hidden: true }, pick.a.el, pick.b.el);
    const verdict = verdictCard();
    const table = abTable();
    const chart = stillChart(app, "compare-chart", compareFigure);
    const curves = sectionCard("Return since start, %", chart.el);
    const others = h("div.cards");
    const trouble = h("div.part", { hidden: true });
    root.append(h("div.ab-view", {}, h("h1.vh", {}, "A/B test"), performanceTabs(app, "ab-test"),
      h("div.part.scope", {}, range.el, pair), trouble,
      h("div.ab-grid.part", {}, h("div.cards", {}, verdict.el, table.el), h("div.cards", {}, curves.el, others))));
    return { range, pick, pair, verdict, table, chart, curves, others, trouble };
  }

  #enter() {
    const { params } = this.#app.router.current;
    const range = params.get("range") ?? USUAL;
    const scope = { range: RANGES.some(([value]) => value === range) ? range : USUAL, a: params.get("a") ?? "", b: params.get("b") ?? "", account: params.get("account") ?? "" };
    const same = JSON.stringify(scope) === JSON.stringify(this.#scope);
    this.#scope = scope;
    this.#parts.range.show(scope.range);
    if (!same) void this.#load();
  }

  /** @param {Record<string, string>} part */
  #choose(part) {
    const shown = this.#data ? { a: this.#data.a.id, b: this.#data.b.id } : {};
    const next = { ...this.#scope, ...("range" in part ? {} : shown), ...part };
    // The same one twice is no comparison: the other takes its place.
    if (next.a && next.a === next.b) Object.assign(next, "a" in part ? { b: shown.a ?? "" } : { a: shown.b ?? "" });
    this.#app.router.go("ab-test", Object.fromEntries(Object.entries(next).filter(([name, value]) => value && !(name === "range" && value === USUAL))));
  }

  /** @param {NonNullable<State>} state @param {Set<string>} changed */
  #refresh(state, changed) {
    const age = performance.now() - this.#askedAt;
    const { frozen } = this.#app.connection.current;
    const closed = Object.values(state.strategies).map(({ id, closed_trades: count }) => `${id} ${count}`).join();
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
      const data = await this.#app.api.get("api/ab-test", this.#scope);
      if (turn !== this.#turn) return;
      this.#failed = false;
      this.#show(data);
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  /** @param {Comparison} data */
  #show(data) {
    this.#data = data;
    const { verdict, table, chart, curves, trouble, pick } = this.#parts;
    trouble.hidden = true;
    trouble.replaceChildren();
    verdict.show(data);
    table.show(data);
    const lines = [data.a, data.b].map(({ id, equity_pct: points }) => ({ name: id, points }));
    const all = lines.flatMap(({ points }) => points);
    curves.remark(all.length ? `same tape, ${counted(Math.max(1, Math.round((Math.max(...all.map(([at]) => at)) - Math.min(...all.map(([at]) => at))) / DAY_MS)), "day")}` : "");
    if (all.length) chart.show(lines, lines.filter(({ points }) => points.length).map(({ name, points }) => `${name} ${percentChange(points[points.length - 1][1])}`).join(", "));
    else chart.show(null, "No point of equity yet. The lines begin when a strategy trades.");
    const known = data.strategies.map((/** @type {any} */ strategy) => strategy.id);
    pick.a.offer(known, "", data.a.id);
    pick.b.offer(known, "", data.b.id);
    if (this.#app.store.state) this.#showOthers(this.#app.store.state);
  }

  /** Those that are not compared, and those of the two that do not trade. @param {NonNullable<State>} state */
  #showOthers(state) {
    if (!this.#data) return;
    const { a, b, strategies } = this.#data;
    const aside = strategies.filter((/** @type {any} */ { id, status }) => status !== "trading" || (id !== a.id && id !== b.id));
    this.#parts.others.replaceChildren(...aside.map((/** @type {any} */ told) => strategyCard({ ...told, ...state.strategies[told.id] })));
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#failed = true;
    const { trouble, verdict } = this.#parts;
    trouble.hidden = false;
    trouble.replaceChildren(h("div.banner", { "data-tone": "off", role: "alert" }, icon("alert"),
      h("div", {}, h("b", {}, "The comparison did not load"), h("span.d", {}, /** @type {any} */ (error).detail ?? "")),
      h("button.btn.quiet", { type: "button", onclick: () => void this.#load() }, "Try again")));
    if (!this.#data) setText(verdict.text, "It is asked for again by itself.");
  }
}
