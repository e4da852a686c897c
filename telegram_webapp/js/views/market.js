/** The market room: one market of many, its price, and a theme at a time of what presses on it. */

import { h, setAttr } from "../dom.js";
import { candleBox } from "./candle_box.js";
import { indicatorChips } from "./indicator_chips.js";
import { mount as mountPrice } from "./market_price.js";
import { marketSide } from "./market_side.js";
import { marketThemes } from "./market_themes.js";
import { symbolSearch } from "./symbol_search.js";
import { symbolTabs } from "./symbols.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../fold.js").State} State */

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  let symbol = "";
  let theme = "";
  let listed = "";
  const tabs = symbolTabs((name) => ({ href: app.router.href("market", wayTo(name, theme)) }));
  const search = symbolSearch(app, (name) => app.router.go("market", wayTo(name, theme)));
  const price = { now: h("section.part.quote-now", { "aria-label": "Price" }), figures: h("section.part.quote-figures", { "aria-label": "Last 24 hours" }) };
  const indicators = indicatorChips(() => chart.look(symbol));
  const chart = candleBox(app, indicators.names);
  const candles = h("section.part.quote-candles", { "aria-label": "Candles" },
    h("div.card.candle-card", {}, chart.box, h("div.candle-choice", {}, chart.chips, indicators.el)));
  const themes = marketThemes(app);
  const side = marketSide(app);
  const room = h("div.market.room", {},
    h("div.market-main", {}, h("div.room-head", {}, tabs.el, search.el), price.now, themes.nav, candles, price.figures, themes.el), side.el);
  root.append(h("h1.vh", {}, "Market"), room);
  const header = mountPrice(price, app);

  return {
    update(state, changed) {
      if (!state) return;
      const symbols = Object.keys(state.prices);
      const moved = changed.has("route") || !symbols.includes(symbol);
      if (moved) look(state, symbols);
      if (!symbol) return;
      if (moved || listed !== symbols.join()) tabs.update(symbols, symbol);
      listed = symbols.join();
      if (["prices", "stats", "time", "route"].some((name) => changed.has(name))) header.update(state, symbol);
      chart.update(state, changed);
      side.update(state, changed);
      themes.update(state, changed);
    },
    unmount() {
      for (const part of [chart, search, themes, side]) part.unmount();
    },
  };

  /** @param {State} state @param {string[]} symbols */
  function look(state, symbols) {
    const { params } = app.router.current;
    const wanted = params.get("symbol") ?? "";
    symbol = symbols.find((name) => name === wanted || name.replace("/", "") === wanted) ?? symbols[0] ?? "";
    if (!symbol) return;
    theme = themes.look(symbol, params.get("show") ?? "");
    setAttr(room, "data-show", theme || null);
    chart.look(symbol);
    side.look(symbol, state);
  }
}

/** @param {string} symbol @param {string} theme @returns {Record<string, string>} */
export function wayTo(symbol, theme) {
  return theme ? { symbol, show: theme } : { symbol };
}
