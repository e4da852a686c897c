/** A market's price now: last, change, mark, range, volume, funding, spread. */

import { h, setText } from "../dom.js";
import { setTone, showChange, showFigure } from "../figure.js";
import { UNKNOWN, baseOf, digits, percent, percentChange, price as priceText, toneOf } from "../format.js";
import { span } from "../time.js";
import { amountText, rateText } from "./market_words.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {{price: Record<string, any>, stats: Record<string, any> | undefined, now: number}} Market */

/** @type {{label: string, value: (m: Market) => [number, string], basis: (m: Market) => string}[]} */
const FIGURES = [
  { label: "Mark", value: ({ price, stats }) => [price.mark_price, priceText(price.mark_price, stats)], basis: ({ price, stats }) => (price.index_price ? `index ${priceText(price.index_price, stats)}` : "values positions") },
  { label: "High", value: ({ stats }) => [stats?.high_24h, priceText(stats?.high_24h ?? null, stats)], basis: (m) => away(m.stats?.high_24h, m.price.last, "above") },
  { label: "Low", value: ({ stats }) => [stats?.low_24h, priceText(stats?.low_24h ?? null, stats)], basis: (m) => away(m.price.last, m.stats?.low_24h, "below") },
  { label: "Volume", value: ({ stats }) => [stats?.volume_24h, amountText(stats?.volume_24h)], basis: ({ price, stats }) => (stats?.quote_volume_24h ? `${baseOf(price.symbol, stats)}, $${amountText(stats.quote_volume_24h)}` : `${baseOf(price.symbol, stats)} in 24h`) },
  { label: "Funding", value: ({ stats }) => [stats?.funding_rate, rateText(stats?.funding_rate)], basis: ({ stats, now }) => until(stats?.next_funding_at, now) },
  { label: "Spread", value: ({ price, stats }) => [price.ask - price.bid, priceText(price.ask - price.bid, stats)], basis: ({ price }) => `${digits((1e4 * (price.ask - price.bid)) / price.last, 2)} bps of price` },
];

/**
 * @param {{now: HTMLElement, figures: HTMLElement}} roots
 * @param {App} app
 */
export function mount(roots, app) {
  const last = h("span.live");
  const change = h("span.live.num");
  const pill = h("span.pill", {}, change);
  const quote = h("span.cap");
  const since = h("span.since");
  const cells = FIGURES.map(cell);
  roots.now.append(h("p.big", {}, last, quote), h("p.delta", {}, pill, since));
  roots.figures.append(h("dl.card.figs", {}, ...cells.map(({ el }) => el)));
  return {
    /** @param {import("../fold.js").State} state @param {string} symbol */
    update(state, symbol) {
      const price = state.prices[symbol];
      const stats = state.stats[symbol];
      if (!price) return;
      showFigure(last, price.last, priceText(price.last, stats));
      last.removeAttribute("data-size");
      setText(quote, symbol.split("/")[1] ?? "");
      const day = price.change_24h_pct;
      setText(since, stats?.day_told_by === "exchange" ? "over 24 hours, says the exchange" : "over 24 hours");
      showChange(change, day ?? 0, day === null ? UNKNOWN : percentChange(day));
      setTone(pill, toneOf(day));
      for (const { update } of cells) update({ price, stats, now: app.clock.now() });
    },
  };
}

/** @param {typeof FIGURES[number]} figure */
function cell(figure) {
  const value = h("span.live");
  const basis = h("span.live");
  const el = h("div.fig", {}, h("dt.cap", {}, figure.label), h("dd.v", {}, value), h("dd.sub", {}, basis));
  return {
    el,
    /** @param {Market} market */
    update(market) {
      const [number, text] = figure.value(market);
      showFigure(value, number, text);
      setText(basis, figure.basis(market));
    },
  };
}

/** @param {number | null | undefined} high @param {number | null | undefined} low @param {string} word */
function away(high, low, word) {
  return high && low ? `${percent(100 * Math.max(0, high / low - 1))} ${word}` : "needs 24 hours";
}

/** @param {number | null | undefined} at @param {number} now */
function until(at, now) {
  return at ? `in ${span(at - now)}` : "not announced";
}
