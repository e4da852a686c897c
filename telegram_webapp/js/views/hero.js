/** How am I doing: equity, today's change, and its line. */

import { h, setFigure, setText } from "../dom.js";
import { setTone, showChange } from "../figure.js";
import { change, money, percentChange, toneOf } from "../format.js";
import { insist } from "../insist.js";
import { lateStyles } from "../styles.js";
import { fullDay, hourMinute, zone } from "../time.js";

const DAY_MS = 86400000;

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../main.js").View} View */

/** @param {HTMLElement} root @param {App} app @returns {View} */
export function mount(root, app) {
  const label = h("h2.cap", {}, "Equity");
  const whole = h("span.live.whole");
  const cents = h("span.live.c");
  const money_ = h("span.num");
  const pill = h("span.pill", {}, money_);
  const share = h("span.live.share");
  const since = h("span.since");
  const chart = h("div.equity");
  money_.classList.add("live");
  root.classList.add("hero");
  root.append(label, h("p.big", {}, whole, cents), h("p.delta", {}, pill, share, since), chart);
  const plot = new LateChart(chart, app);

  return {
    update(state, changed) {
      if (state && (changed.has("account") || changed.has("engine"))) {
        showEquity(state.account);
        setText(since, sinceText(state, app));
      }
      plot.update(state, changed);
    },
    unmount() { plot.unmount(); },
  };

  /** @param {Record<string, any>} account */
  function showEquity(account) {
    const [dollars, rest] = money(account.equity).split(".");
    setText(label, `Equity, ${account.currency}`);
    setFigure(whole, account.equity, dollars);
    setText(cents, rest ? `.${rest}` : "");
    showChange(money_, account.pnl_today, change(account.pnl_today));
    setTone(pill, toneOf(account.pnl_today));
    setText(share, percentChange(account.pnl_today_pct));
    setTone(share, toneOf(account.pnl_today));
  }
}

/** @param {import("../fold.js").State} state @param {App} app @returns {string} */
function sinceText({ account, engine }, app) {
  if (account.day_open_at % DAY_MS) return `since ${hourMinute(account.day_open_at)} ${zone.name}`;
  return engine.market === "replay" ? `on ${fullDay(account.day_open_at, 0)}, UTC` : "today, UTC";
}

/** The chart comes after the first numbers: its code and Plotly are the heavy part. */
class LateChart {
  #el;
  #app;
  #asked = false;
  #gone = false;
  /** @type {View | null} */
  #view = null;

  /** @param {HTMLElement} el @param {App} app */
  constructor(el, app) {
    this.#el = el;
    this.#app = app;
  }

  /** @param {App["store"]["state"]} state @param {Set<string>} changed */
  update(state, changed) {
    if (this.#view) this.#view.update(state, changed);
    else if (state && !this.#asked) this.#ask();
  }

  unmount() {
    this.#gone = true;
    this.#view?.unmount();
  }

  #ask() {
    this.#asked = true;
    // After the frame with the first numbers has been painted.
    requestAnimationFrame(() => setTimeout(() => void this.#load(), 0));
  }

  async #load() {
    const [{ mountEquityChart }] = await Promise.all([
      insist(() => import("../charts/equity_chart.js"), () => this.#excuse()),
      lateStyles(this.#app.boot.static),
    ]);
    if (this.#gone) return;
    this.#el.replaceChildren();
    this.#view = mountEquityChart(this.#el, this.#app);
    this.#view?.update(this.#app.store.state, new Set([...this.#app.store.sections, "connection", "theme", "time"]));
  }

  #excuse() {
    this.#el.replaceChildren(h("p.cap.nochart", {}, "The chart has not come yet. The figures are not affected."));
  }
}
