/** One market: its price, its candles, what we hold of it, what the strategies think of it. */

import { h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { candleBox } from "./candle_box.js";
import { mount as mountPrice } from "./market_price.js";
import { mount as mountOrders } from "./orders.js";
import { mount as mountOutlook } from "./outlook.js";
import { mount as mountPositions } from "./positions.js";
import { symbolTabs } from "./symbols.js";
import { newestFirst, tradeRows } from "./trade_rows.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../fold.js").State} State */

const FEW_TRADES = 5;

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  let symbol = "";
  const tabs = symbolTabs((name) => ({ href: app.router.href("market", { symbol: name }) }));
  const price = { now: h("section.part.quote-now", { "aria-label": "Price" }), figures: h("section.part.quote-figures", { "aria-label": "Last 24 hours" }) };
  const chart = candleBox(app);
  const sections = ["positions", "orders", "outlook", "trades"].map((name) => h(`section.part.part-${name}`));
  const side = h("div.market-side", {}, ...sections);
  const candles = h("section.part.quote-candles", { "aria-label": "Candles" }, h("div.card.candle-card", {}, chart.box, chart.chips));
  root.append(h("h1.vh", {}, "Market"), h("div.market", {}, h("div.market-main", {}, tabs.el, price.now, candles, price.figures), side));
  const header = mountPrice(price, app);
  const [positions, orders, outlook] = [mountPositions, mountOrders, mountOutlook].map((part, i) => part(sections[i], app));
  const trades = mountTrades(sections[3], app);

  return {
    update(state, changed) {
      if (!state) return;
      const symbols = Object.keys(state.prices);
      if (changed.has("route") || !symbols.includes(symbol)) look(state, symbols);
      if (!symbol) return;
      tabs.update(symbols, symbol);
      if (["prices", "stats", "time", "route"].some((name) => changed.has(name))) header.update(state, symbol);
      chart.update(state, changed);
      const own = ofSymbol(state, symbol);
      for (const part of [positions, orders, outlook]) part.update(own, changed);
      trades.update(own, changed);
    },
    unmount() {
      chart.unmount();
    },
  };

  /** @param {State} state @param {string[]} symbols */
  function look(state, symbols) {
    const wanted = app.router.current.params.get("symbol") ?? "";
    symbol = symbols.find((name) => name === wanted || name.replace("/", "") === wanted) ?? symbols[0] ?? "";
    if (!symbol) return;
    chart.look(symbol);
    const everything = new Set([...app.store.sections, "time", "route", "role", "connection"]);
    const own = ofSymbol(state, symbol);
    for (const part of [positions, orders, outlook]) part.update(own, everything);
  }
}

/** The state as if there were one market. @param {State} state @param {string} symbol @returns {State} */
function ofSymbol(state, symbol) {
  const own = (/** @type {Record<string, any>} */ section) => Object.fromEntries(Object.entries(section).filter(([, item]) => item.symbol === symbol));
  return { ...state, prices: own(state.prices), positions: own(state.positions), orders: own(state.orders), outlook: own(state.outlook), trades: state.trades.filter((/** @type {any} */ trade) => trade.symbol === symbol) };
}

/** @param {HTMLElement} root @param {App} app */
function mountTrades(root, app) {
  const list = h("ul.feed.card");
  const all = h("a.link", {}, "All", icon("chevron", true));
  const none = h("p.card.note", {});
  root.append(h("div.sec", {}, h("h2", {}, "Closed trades"), h("span.sp"), all), list, none);
  const show = tradeRows(list, app);
  let shown = "";
  return {
    /** @param {State} state @param {Set<string>} changed */
    update(state, changed) {
      const symbol = Object.keys(state.prices)[0];
      if (symbol === shown && !changed.has("trades") && !changed.has("time")) return;
      shown = symbol;
      const trades = [...state.trades].sort(newestFirst).slice(0, FEW_TRADES);
      show(trades);
      all.setAttribute("href", app.router.href("trades", { symbol }));
      list.hidden = !trades.length;
      none.hidden = trades.length > 0;
      setText(none, `No trade of ${symbol} was closed lately.`);
    },
  };
}
