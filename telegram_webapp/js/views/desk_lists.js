/** The desk's tables behind three tabs: positions, orders, closed trades. */

import { h, setAttr, setText } from "../dom.js";
import { digits } from "../format.js";
import { icon } from "../icons.js";
import { orderTable } from "./order_table.js";
import { positionTable } from "./position_table.js";
import { stopButton } from "./stop_button.js";
import { tradeTable } from "./trade_table.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../fold.js").State} State */
/**
 * One table and the tab it is behind.
 * @typedef {object} Sheet
 * @property {string} word
 * @property {(state: State) => number} count
 * @property {import("./table.js").Table} table
 * @property {[icon: string, title: string, text: string]} empty
 */

const WATCHED = ["positions", "orders", "trades", "account", "prices", "stats", "connection", "role", "time"];

/**
 * @param {HTMLElement} root
 * @param {App} app
 * @param {(symbol: string) => void} choose a market
 * @returns {import("../main.js").View}
 */
export function mount(root, app, choose) {
  /** @type {Sheet[]} */
  const sheets = [
    { word: "Positions", count: (state) => Object.keys(state.positions).length, table: positionTable(app, choose), empty: ["scale", "No open positions", "The strategies watch their markets. Signals, on the right, say what they wait for."] },
    { word: "Orders", count: (state) => Object.keys(state.orders).length, table: orderTable(app, choose), empty: ["order", "No open orders", "Stops, targets and limit orders rest here until they fill."] },
    { word: "Trades", count: (state) => state.account.closed_trades ?? 0, table: tradeTable(app), empty: ["trades", "No closed trade yet", "A trade appears here when its position is closed."] },
  ];
  let open = 0;
  const tabs = sheets.map(({ word }, i) => h("button", { type: "button", "aria-pressed": String(!i), onclick: () => turn(i) }, word));
  const closeAll = /** @type {HTMLButtonElement} */ (h("button.link", { type: "button", onclick: () => void app.commands.ask("close_all", {}) }, "Close all"));
  const all = h("a.link", { href: app.router.href("trades"), hidden: true }, "All trades", icon("chevron", true));
  const stop = stopButton(app);
  const body = h("div.desk-scroll", { tabindex: "0", role: "region", "aria-label": "Positions" });
  root.append(h("div.desk-head", {}, h("div.tabs", { role: "group", "aria-label": "Lists" }, ...tabs), h("span.sp"), stop.el, closeAll, all), body);
  const empties = sheets.map(({ empty: [name, title, text] }) => h("div.empty", {}, h("span.ic", {}, icon(name)), h("b", {}, title), h("p", {}, text)));

  return {
    update(state, changed) {
      if (!state || !WATCHED.some((name) => changed.has(name))) return;
      sheets.forEach(({ word, count }, i) => setText(tabs[i], `${word} ${digits(count(state), 0)}`));
      show(state);
      closeAll.hidden = open !== 0 || Object.keys(state.positions).length < 2 || !app.session.mayTrade;
      stop.update();
      closeAll.disabled = !app.connection.current.canAct;
      all.hidden = open !== 2;
    },
    unmount() {},
  };

  /** @param {number} i */
  function turn(i) {
    open = i;
    tabs.forEach((tab, k) => setAttr(tab, "aria-pressed", String(k === i)));
    setAttr(body, "aria-label", sheets[i].word);
    body.scrollTop = 0;
    if (app.store.state) show(app.store.state);
    closeAll.hidden = i !== 0 || !app.session.mayTrade;
    all.hidden = i !== 2;
  }

  /** @param {State} state */
  function show(state) {
    const { table } = sheets[open];
    const content = table.update(state) ? table.el : empties[open];
    if (body.firstElementChild !== content) body.replaceChildren(content);
  }
}
