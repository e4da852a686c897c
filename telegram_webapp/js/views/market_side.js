/** What concerns one market beside its charts: positions, orders, what strategies think, trades. */

import { h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { mount as mountOrders } from "./orders.js";
import { mount as mountOutlook } from "./outlook.js";
import { mount as mountPositions } from "./positions.js";
import { newestFirst, tradeRows } from "./trade_rows.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../fold.js").State} State */

const FEW_TRADES = 5;

/** @param {App} app @returns {{el: HTMLElement, look: (symbol: string, state: State) => void, update: (state: State, changed: Set<string>) => void, unmount: () => void}} */
export function marketSide(app) {
  let symbol = "";
  const sections = ["positions", "orders", "outlook", "trades"].map((name) => h(`section.part.part-${name}`));
  const parts = [mountPositions, mountOrders, mountOutlook].map((part, i) => part(sections[i], app));
  const trades = mountTrades(sections[3], app);
  return {
    el: h("div.market-side", {}, ...sections),
    look(next, state) {
      symbol = next;
      const everything = new Set([...app.store.sections, "time", "route", "role", "connection"]);
      const own = ofSymbol(state, symbol);
      for (const part of parts) part.update(own, everything);
    },
    update(state, changed) {
      const own = ofSymbol(state, symbol);
      for (const part of parts) part.update(own, changed);
      trades.update(own, changed);
    },
    unmount() {
      for (const part of parts) part.unmount();
    },
  };
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
