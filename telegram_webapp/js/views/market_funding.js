/** Funding of a market: the rate now and over time, when it is next paid, what it costs what we hold. */

import { serverChart } from "../charts/server_chart.js";
import { h, keyedList, setText } from "../dom.js";
import { setTone } from "../figure.js";
import { UNKNOWN, capital, change, counted, digits, money, percentChange, toneOf } from "../format.js";
import { hourMinute, zone } from "../time.js";
import { chips } from "./choice.js";
import { figureCell } from "./figure_cell.js";
import { asked } from "./market_asked.js";
import { rateText } from "./market_words.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Funding an answer of api/funding */

const EVERY_MS = 15_000;
const RANGES = /** @type {[string, string][]} */ ([["168", "7d"], ["720", "30d"], ["2160", "90d"]]);
const MINUTE_MS = 60_000;
const SECOND_MS = 1000;

/** @param {HTMLElement} root @param {App} app @returns {import("./market_themes.js").Theme} */
export function mount(root, app) {
  let symbol = "";
  let hours = "168";
  /** @type {Funding | null} */
  let told = null;
  const range = chips("Range of the funding", RANGES, (value) => { hours = value; draw(); });
  const chart = serverChart(app, { type: "funding", height: 260, label: "Funding rate" });
  const cells = { rate: figureCell("Rate"), next: figureCell("Next in"), year: figureCell("Annualised"), mine: figureCell("My next payment"), paid: figureCell("Paid in 30 days"), who: figureCell("Who pays") };
  const held = heldTable();
  const feed = asked(app, { path: "api/funding", everyMs: EVERY_MS, what: "The funding", show });
  root.append(h("div.theme-grid", {},
    h("section.card", {}, h("h2.vh", {}, "Funding now"), h("dl.figs.three", {}, ...Object.values(cells).map(({ el }) => el))),
    sectionCard("Rate over time", chart.el, range.el).el,
    held.el, feed.el));

  return {
    look(next) {
      symbol = next;
      draw();
      feed.look({ symbol });
    },
    update(_, changed) {
      feed.update(changed);
      chart.update(changed);
      if (changed.has("time")) tick();
    },
    unmount() {
      feed.unmount();
      chart.unmount();
    },
  };

  function draw() {
    range.show(hours);
    chart.show({ symbol, hours });
  }

  /** @param {Funding | null} answer */
  function show(answer) {
    told = answer;
    cells.rate.show(rateText(answer?.rate), answer?.interval_h ? `each ${digits(answer.interval_h, 0)} hours` : answer ? "not announced" : "");
    cells.year.show(typeof answer?.annualised_pct === "number" ? percentChange(answer.annualised_pct) : UNKNOWN, answer ? "if it stays as it is" : "");
    const [mine, paid] = [answer?.next_payment ?? null, answer?.paid_30d ?? null];
    const holds = (answer?.positions.length ?? 0) > 0;
    cells.mine.show(holds ? change(mine) : UNKNOWN, !answer ? "" : holds ? way(mine) : "no open position", holds ? toneOf(mine) : "");
    cells.paid.show(change(paid), answer ? counted(answer.settled_30d ?? 0, "settlement") : "", paid === null ? "" : toneOf(paid));
    cells.who.show(payer(answer?.rate), typeof answer?.rate !== "number" ? "" : answer.rate === 0 ? "the rate is zero" : `the rate is ${answer.rate > 0 ? "positive" : "negative"}`);
    held.show(symbol, answer);
    tick();
  }

  function tick() {
    const at = told?.next_funding_at;
    const left = at ? at - app.clock.now() : 0;
    cells.next.show(at ? countdown(left) : UNKNOWN, !told ? "" : at ? `at ${hourMinute(at)} ${zone.name}` : "not announced");
  }
}

/** "2:04:09": each second counts towards the end. @param {number} ms */
function countdown(ms) {
  if (ms <= 0) return "now";
  const [hours, minutes, seconds] = [Math.floor(ms / (60 * MINUTE_MS)), Math.floor(ms / MINUTE_MS) % 60, Math.floor(ms / SECOND_MS) % 60];
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** @param {number | null} payment */
const way = (payment) => (!payment ? "nothing is due" : payment > 0 ? "you receive" : "you pay");

/** @param {number | null | undefined} rate */
function payer(rate) {
  if (typeof rate !== "number") return UNKNOWN;
  return rate > 0 ? "Longs" : rate < 0 ? "Shorts" : "Nobody";
}

/** What each open position pays next, and has paid so far. */
function heldTable() {
  const body = h("tbody");
  const heads = ["Position", "Size", "Next", "So far"].map((word) => h("th", { scope: "col" }, word));
  const table = h("table.plain", { hidden: true }, h("caption.vh", {}, "Funding of open positions"), h("thead", {}, h("tr", {}, ...heads)), body);
  const none = h("p.cap.held-none");
  const card = sectionCard("What it costs what I hold", table, none);
  const rows = keyedList(body, { key: (/** @type {Record<string, any>} */ one) => one.id, create: heldRow });
  return {
    el: card.el,
    /** @param {string} symbol @param {Funding | null} answer */
    show(symbol, answer) {
      const positions = answer?.positions ?? [];
      rows(positions);
      table.hidden = !positions.length;
      none.hidden = positions.length > 0;
      setText(none, answer ? `No position in ${symbol} is open, so funding costs nothing.` : "Loading");
    },
  };
}

/** @param {Record<string, any>} position */
function heldRow({ strategy, side }) {
  const [size, next, paid] = [h("span"), h("span.num"), h("span.num")];
  return {
    el: h("tr", {}, h("th", { scope: "row" }, capital(side), h("small", {}, strategy)), h("td", {}, size), h("td", {}, next), h("td", {}, paid)),
    /** @param {Record<string, any>} now */
    update(now) {
      setText(size, money(now.notional, 0));
      for (const [el, value] of /** @type {[HTMLElement, number | null][]} */ ([[next, now.next_payment], [paid, now.paid]])) {
        setText(el, change(value));
        setTone(el, toneOf(value));
      }
    },
  };
}
