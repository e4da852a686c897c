/** What a market did out of the ordinary: when and how far, in a plain sentence, and what the engine did. */

import { serverChart } from "../charts/server_chart.js";
import { h, keyedList, setText } from "../dom.js";
import { capital, counted } from "../format.js";
import { hourMinuteSecond, past, zone } from "../time.js";
import { choice, chips } from "./choice.js";
import { asked } from "./market_asked.js";
import { signedText } from "./market_words.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Anomaly */

const EVERY_MS = 60_000;
const PAGE = 50;
const HOUR_MS = 3_600_000;
const RANGES = /** @type {[string, string][]} */ ([["24", "24h"], ["168", "7d"], ["720", "30d"]]);
const MEASURES = /** @type {Record<string, string>} */ ({ return: "Return", volume: "Volume", spread: "Spread", funding: "Funding", book_imbalance: "Book imbalance" });
const SEVERITIES = ["mild", "strong", "extreme"];
/** The shapes that the chart draws them in. @type {Record<string, string>} */
const MARKS = { return: "●", volume: "■", spread: "◆", funding: "▲", book_imbalance: "✚" };

/** @param {HTMLElement} root @param {App} app @returns {import("./market_themes.js").Theme} */
export function mount(root, app) {
  const view = new Anomalies(root, app);
  return { look: (symbol) => view.look(symbol), update: (_, changed) => view.update(changed), unmount: () => view.stop() };
}

class Anomalies {
  #app;
  #symbol = "";
  #hours = "168";
  #filter = { measure: "", severity: "" };
  /** @type {Map<string, Anomaly>} */
  #known = new Map();
  /** @type {string | null} */
  #cursor = null;
  #loaded = false;
  #parts;
  #feed;
  #show;
  #unlisten;

  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.#app = app;
    this.#parts = this.#build(root);
    this.#show = keyedList(this.#parts.list, { key: (/** @type {Anomaly} */ one) => one.id, create: (one) => row(one, app) });
    this.#feed = asked(app, { path: "api/anomalies", everyMs: EVERY_MS, what: "The list", show: (answer) => this.#take(answer) });
    this.#parts.foot.append(this.#feed.el);
    this.#unlisten = app.store.listen((type, data) => this.#hear(type, data));
  }

  /** @param {string} symbol */
  look(symbol) {
    this.#symbol = symbol;
    this.#ask();
  }

  /** @param {Set<string>} changed */
  update(changed) {
    this.#feed.update(changed);
    this.#parts.chart.update(changed);
    if (changed.has("time") && this.#loaded) this.#draw();
  }

  stop() {
    this.#unlisten();
    this.#feed.unmount();
    this.#parts.chart.unmount();
  }

  /** @param {HTMLElement} root */
  #build(root) {
    const app = this.#app;
    const range = chips("Range of the anomalies", RANGES, (hours) => { this.#hours = hours; this.#ask(); });
    const measure = choice("Measure", (value) => { this.#filter.measure = value; this.#ask(); });
    const severity = choice("Severity", (value) => { this.#filter.severity = value; this.#ask(); });
    const chart = serverChart(app, { type: "anomalies", height: 260, label: "Anomalies" });
    const list = h("ul.anomalies");
    const none = h("p.cap.none", { role: "status" });
    const more = h("button.btn.quiet", { type: "button", hidden: true, onclick: () => void this.#more() }, "Load more");
    const foot = h("div.load");
    foot.append(more);
    const card = sectionCard("What happened", list, none, foot);
    root.append(h("div.theme-grid", {},
      sectionCard("How far out of the ordinary", chart.el, range.el).el,
      h("div.filters", {}, measure.el, severity.el), card.el));
    return { range, measure, severity, chart, list, none, more, foot, card };
  }

  #ask() {
    const { range, measure, severity, chart } = this.#parts;
    range.show(this.#hours);
    measure.offer(["", ...Object.keys(MEASURES)], "All measures", this.#filter.measure, MEASURES);
    severity.offer(["", ...SEVERITIES], "All severities", this.#filter.severity, Object.fromEntries(SEVERITIES.map((word) => [word, capital(word)])));
    chart.show({ symbol: this.#symbol, hours: this.#hours });
    this.#known.clear();
    this.#loaded = false;
    const hour = Math.floor(this.#app.clock.now() / HOUR_MS) * HOUR_MS;
    this.#feed.look({ symbol: this.#symbol, since: hour - Number(this.#hours) * HOUR_MS, ...this.#filter, limit: PAGE });
  }

  /** @param {Record<string, any> | null} page */
  #take(page) {
    if (page) {
      for (const one of page.anomalies) this.#known.set(one.id, one);
      if (!this.#loaded) this.#cursor = page.next_cursor;
      this.#loaded = true;
    }
    this.#draw();
  }

  /** Those before the last one that is shown. */
  async #more() {
    const { more } = this.#parts;
    const symbol = this.#symbol;
    const cursor = this.#cursor;
    more.setAttribute("disabled", "");
    try {
      const page = await this.#app.api.get("api/anomalies", { symbol, ...this.#filter, cursor, limit: PAGE });
      if (symbol === this.#symbol && cursor === this.#cursor) {
        for (const one of page.anomalies) this.#known.set(one.id, one);
        this.#cursor = page.next_cursor;
      }
    } catch (error) {
      this.#app.toast({ tone: "bad", title: "No more was loaded", detail: /** @type {any} */ (error).detail ?? "" });
    }
    more.removeAttribute("disabled");
    this.#draw();
  }

  /** One is told as it happens, in no part of the state. @param {string} type @param {Anomaly} one */
  #hear(type, one) {
    if (type !== "anomaly_detected" || one.symbol !== this.#symbol || !this.#loaded) return;
    this.#parts.chart.reload();
    if (Object.entries(this.#filter).some(([name, value]) => value && one[name] !== value)) return;
    this.#known.set(one.id, one);
    this.#draw();
  }

  #draw() {
    const { list, none, more, card } = this.#parts;
    const found = [...this.#known.values()].sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
    this.#show(found);
    list.hidden = !found.length;
    none.hidden = found.length > 0;
    more.hidden = !this.#cursor;
    card.remark(found.length ? `${counted(found.length, "anomaly").replace("anomalys", "anomalies")}, newest first` : "");
    const filtered = Object.values(this.#filter).some(Boolean);
    setText(none, !this.#loaded ? "" : filtered ? "Nothing of that kind in this time. Choose another measure or severity to see more."
      : `${this.#symbol} did nothing out of the ordinary in this time. What it does is measured each minute against its own usual range.`);
  }
}

/** @param {Anomaly} one @param {App} app */
function row(one, app) {
  const age = h("time.m", { datetime: new Date(one.at).toISOString(), title: `${hourMinuteSecond(one.at)} ${zone.name}` });
  const el = h("li.fact", {},
    h("span", { class: `tag severity ${one.severity}` }, capital(one.severity)),
    h("div.b", {}, h("p.h", { dir: "auto" }, one.title), h("p.m", { dir: "auto" }, one.detail), h("p.did", { dir: "auto" }, one.did)),
    h("div.r", {}, h("span.h", {}, `${signedText(one.z, 1)} z`), h("span.m", {}, h("span.mark", { "aria-hidden": "true" }, MARKS[one.measure] ?? ""), MEASURES[one.measure] ?? one.measure), age));
  return { el, update: () => { setText(age, past(one.at, app.clock.now())); } };
}
