/** Resting orders as a table, for large screens. */

import { h, setText } from "../dom.js";
import { UNKNOWN, capital, percent, price, quantity } from "../format.js";
import { span } from "../time.js";
import { openOrder } from "./order_sheet.js";
import { levelOf, orderName } from "./orders.js";
import { pair, tableOf } from "./table.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {{order: Record<string, any>, stats: Record<string, any> | undefined, mark: number | undefined}} Item */

/** @param {App} app @param {(symbol: string) => void} choose @returns {import("./table.js").Table} */
export function orderTable(app, choose) {
  return tableOf("Orders", ["Order", "Side", "Size", "Level", "From mark", "Age", ""],
    (state) => Object.values(state.orders).sort(inOrder).map((order) => ({ order, stats: state.stats[order.symbol], mark: state.prices[order.symbol]?.mark_price })),
    { key: (/** @type {Item} */ item) => item.order.id, create: (item) => row(item.order, app, choose) });
}

/** @param {any} a @param {any} b @returns {number} */
function inOrder(a, b) {
  return a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : a.created_at - b.created_at;
}

/** @param {Record<string, any>} first @param {App} app @param {(symbol: string) => void} choose */
function row(first, app, choose) {
  let order = first;
  const name = h("button.name", { type: "button", title: `Show the candles of ${first.symbol}`, onclick: () => choose(first.symbol) }, orderName(first));
  const [side, kind, size, left, level, distance, age] = Array.from({ length: 7 }, () => h("span.live"));
  const edit = /** @type {HTMLButtonElement} */ (h("button.btn.quiet", { type: "button", "aria-label": `Edit ${orderName(first)}`, onclick: () => void openOrder(app, order) }, "Edit"));
  const el = h("tr", {}, h("th", { scope: "row" }, name, h("small", {}, first.strategy)), pair(side, kind), pair(size, left), h("td", {}, level), h("td", {}, distance), h("td", {}, age), h("td", {}, edit));
  return {
    el,
    /** @param {Item} item */
    update({ order: now, stats, mark }) {
      order = now;
      const at = levelOf(now);
      setText(side, capital(now.side));
      setText(kind, `${now.type.replace("_", " ")}${now.reduce_only ? ", reduce-only" : ""}`);
      setText(size, quantity(now.qty, now.symbol, stats));
      setText(left, now.filled_qty ? `${quantity(now.filled_qty, now.symbol, stats)} filled` : "none filled");
      setText(level, price(at, stats));
      setText(distance, mark && at ? `${percent(100 * Math.abs(at / mark - 1))}` : UNKNOWN);
      setText(age, span(app.clock.ageMs(now.created_at)));
      edit.hidden = !app.session.mayTrade;
      edit.disabled = !app.connection.current.canAct;
    },
  };
}
