/** Candles of several markets beside each other; which ones, and how many, is remembered. */

import { INTERVALS } from "../charts/intervals.js";
import { h, setAttr } from "../dom.js";
import { showChange, showFigure } from "../figure.js";
import { UNKNOWN, percentChange, price as priceText } from "../format.js";
import { recall, remember } from "../memory.js";
import { candleBox } from "./candle_box.js";
import { chips, choice } from "./choice.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../main.js").State} State */

const COUNTS = [1, 2, 4];
const KEPT = { symbols: "enhanced.symbols", count: "enhanced.count", interval: "candles.interval" };
const USUAL = { count: 4, interval: "5m" };

/**
 * @typedef {object} ChartGrid
 * @property {HTMLElement} tools
 * @property {(state: State, changed: Set<string>) => void} update
 * @property {() => void} unmount
 * @property {(symbol: string) => void} choose a market for the chart that is looked at
 * @property {(by: number) => void} turn that chart to the next market, or the one before
 * @property {(at: number) => void} face look at another chart
 * @property {() => void} more show more of them, and after the most one again
 * @property {(by: number) => void} stretch take longer or shorter candles
 * @property {() => string} symbol of the chart that is looked at
 */

/** @param {HTMLElement} root @param {App} app @param {(symbol: string) => void} looked called when another market is looked at @returns {ChartGrid} */
export function chartGrid(root, app, looked) {
  let count = COUNTS.includes(Number(recall(KEPT.count))) ? Number(recall(KEPT.count)) : USUAL.count;
  let facing = 0;
  let wished = (recall(KEPT.symbols) ?? "").split(",").filter(Boolean);
  /** @type {string[]} */
  let symbols = [];
  const cells = Array.from({ length: Math.max(...COUNTS) }, (_, i) => cell(app, (name) => { face(i); choose(name); }, () => face(i)));
  const counts = chips("Charts", COUNTS.map((n) => [String(n), String(n)]), (value) => show(Number(value)));
  const lengths = chips("Length of a candle", Object.keys(INTERVALS).map((name) => [name, name]), stretchTo);
  root.append(...cells.map(({ el }) => el));
  show(count);
  lengths.show(recall(KEPT.interval) ?? USUAL.interval);

  return {
    tools: h("div.en-choices", {}, counts.el, lengths.el),
    choose, face,
    more: () => show(COUNTS[(COUNTS.indexOf(count) + 1) % COUNTS.length]),
    symbol: () => chosen()[facing] ?? "",
    turn: (by) => choose(symbols[(symbols.indexOf(chosen()[facing]) + by + symbols.length) % symbols.length]),
    stretch(by) {
      const names = Object.keys(INTERVALS);
      stretchTo(names[Math.min(names.length - 1, Math.max(0, names.indexOf(recall(KEPT.interval) ?? USUAL.interval) + by))]);
    },
    update(state, changed) {
      const now = Object.keys(state?.prices ?? {});
      if (!state || !now.length) return;
      if (now.join() !== symbols.join()) {
        symbols = now;
        look();
      }
      cells.slice(0, symbols.length).forEach((one, i) => i < count && one.update(state, changed));
    },
    unmount() {
      for (const one of cells) one.unmount();
    },
  };

  /** What each chart shows: what was chosen, then whatever is not shown yet; no more charts than markets. @returns {string[]} */
  function chosen() {
    const rest = symbols.filter((name) => !wished.slice(0, count).includes(name));
    return Array.from({ length: Math.min(count, symbols.length) }, (_, i) => (symbols.includes(wished[i]) ? wished[i] : rest.shift() ?? symbols[i]));
  }

  function look() {
    const shown = Math.min(count, symbols.length);
    facing = Math.min(facing, shown - 1);
    setAttr(root, "data-count", String(shown));
    cells.forEach(({ el }, i) => { el.hidden = i >= shown; });
    chosen().forEach((name, i) => cells[i].look(name, symbols));
    cells.forEach((one, i) => one.face(i === facing && shown > 1));
    looked(chosen()[facing]);
  }

  /** @param {string} name */
  function choose(name) {
    if (!name) return;
    wished = chosen();
    wished[facing] = name;
    remember(KEPT.symbols, wished.join());
    look();
  }

  /** @param {number} at */
  function face(at) {
    if (at >= chosen().length || at === facing) return;
    facing = at;
    look();
  }

  /** @param {number} next */
  function show(next) {
    count = next;
    remember(KEPT.count, String(count));
    counts.show(String(count));
    if (symbols.length) look();
    if (app.store.state) for (const one of cells.slice(0, Math.min(count, symbols.length))) one.update(app.store.state, new Set(app.store.sections));
  }

  /** @param {string} name */
  function stretchTo(name) {
    remember(KEPT.interval, name);
    lengths.show(name);
    if (symbols.length) look();
  }
}

/** @param {App} app @param {(symbol: string) => void} choose @param {() => void} face */
function cell(app, choose, face) {
  const pick = choice("Market of this chart", choose);
  const last = h("b.live");
  const day = h("small.live.num");
  const candles = candleBox(app);
  const el = h("section.card.en-chart", { onpointerdown: face }, h("header.desk-head", {}, pick.el, h("span.sp"), last, day), candles.box);
  let symbol = "";
  return {
    el,
    /** @param {string} name @param {string[]} all */
    look(name, all) {
      symbol = name;
      pick.offer(all, "", name);
      candles.look(name);
    },
    /** @param {boolean} on */
    face: (on) => { el.classList.toggle("faced", on); },
    /** @param {NonNullable<State>} state @param {Set<string>} changed */
    update(state, changed) {
      candles.update(state, changed);
      const price = state.prices[symbol];
      if (!price || !(changed.has("prices") || changed.has("stats"))) return;
      showFigure(last, price.last, priceText(price.last, state.stats[symbol]));
      const change = price.change_24h_pct;
      showChange(day, change ?? 0, change === null ? UNKNOWN : percentChange(change));
    },
    unmount: candles.unmount,
  };
}
