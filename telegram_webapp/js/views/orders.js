/** What rests with the broker: level, distance, and a way to change it. */

import { h, keyedList, setAttr, setText } from "../dom.js";
import { baseOf, capital, percent, price, quantity } from "../format.js";
import { icon } from "../icons.js";
import { openOrder } from "./order_sheet.js";

/** @typedef {import("../main.js").App} App */

const WATCHED = ["orders", "prices", "stats", "connection", "role"];
const ICONS = { stop: "stop", target: "target" };

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const count = h("span.count");
  const list = h("ul.feed.card.orders");
  const head = h("div.sec", { id: "orders", tabindex: "-1" }, h("h2", {}, "Orders"), count);
  const empty = h("div.empty.card", { hidden: true }, h("span.ic", {}, icon("order")), h("b", {}, "No open orders"),
    h("p", {}, "Stops, targets and limit orders rest here until they fill."));
  root.append(head, list, empty);
  root.hidden = true;
  const show = keyedList(list, { key: (item) => item.order.id, create: (item) => row(item.order, app) });

  return {
    update(state, changed) {
      root.hidden = !state;
      if (!state || !WATCHED.some((name) => changed.has(name))) return;
      const orders = Object.values(state.orders).sort(inOrder);
      show(orders.map((order) => ({ order, stats: state.stats[order.symbol], mark: state.prices[order.symbol]?.mark_price })));
      setText(count, String(orders.length));
      list.hidden = !orders.length;
      empty.hidden = orders.length > 0;
    },
    unmount() {},
  };
}

/** By symbol, then the older first. @param {any} a @param {any} b @returns {number} */
function inOrder(a, b) {
  return a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : a.created_at - b.created_at;
}

/** What an order is called: "BTC stop". @param {Record<string, any>} order @returns {string} */
export function orderName(order) {
  const kind = order.role === "stop" || order.role === "target" ? order.role : `${order.type.replace("_", " ")} ${order.side}`;
  return `${baseOf(order.symbol)} ${kind}`;
}

/** The price an order waits for. @param {Record<string, any>} order @returns {number | null} */
export function levelOf(order) {
  return order.trigger_price ?? order.price;
}

/** @param {Record<string, any>} first @param {App} app */
function row(first, app) {
  /** @type {any} */
  let order = first;
  const title = h("div.h");
  const what = h("span");
  const distance = h("span.live");
  const edit = h("button.btn.quiet", { type: "button", onclick: () => void openOrder(app, order) }, "Edit");
  const glyph = icon(/** @type {any} */ (ICONS)[first.role] ?? "order");
  const el = h("li", {}, h("span.ic", {}, glyph), h("div", {}, title, h("div.m", {}, what, distance)), h("div.r", {}, edit));
  return {
    el,
    /** @param {{order: any, stats: any, mark: number | undefined}} item */
    update({ order: now, stats, mark }) {
      order = now;
      const level = levelOf(now);
      setText(title, orderName(now));
      setText(what, `${capital(now.side)} ${quantity(now.qty - now.filled_qty, now.symbol, stats)} at ${price(level, stats)}`);
      setText(distance, mark && level ? `, ${percent(100 * Math.abs(level / mark - 1))} away` : "");
      setAttr(edit, "aria-label", `Edit ${orderName(now)}`);
      edit.hidden = !app.session.mayTrade;
      /** @type {HTMLButtonElement} */ (edit).disabled = !app.connection.current.canAct;
    },
  };
}
