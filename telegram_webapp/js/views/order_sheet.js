/** The sheet of a resting order: move its level, or cancel it. Both are confirmed after. */

import { h, setAttr, setText } from "../dom.js";
import { capital, digits, price, quantity } from "../format.js";
import { openSheet } from "./sheet.js";

/** @typedef {import("../main.js").App} App */

/**
 * @param {App} app
 * @param {Record<string, any>} order
 */
export async function openOrder(app, order) {
  const { orderName, levelOf } = await import("./orders.js");
  const stats = app.store.state?.stats[order.symbol];
  const level = levelOf(order) ?? 0;
  const name = orderName(order);
  const input = /** @type {HTMLInputElement} */ (h("input", {
    name: "level", inputmode: "decimal", autocomplete: "off", value: plain(level, stats), "aria-describedby": "level-note",
  }));
  const note = h("p.cap", { id: "level-note" }, noteOf(app, order, stats));
  const error = h("p.sheet-error", { role: "alert", hidden: true });
  const cancel = h("button.btn.quiet", { type: "button" }, "Cancel order");
  const move = /** @type {HTMLButtonElement} */ (h("button.btn.main", { type: "submit", disabled: true }, "Move"));
  const label = order.type === "limit" ? "Limit price" : "Level that triggers it";
  const form = h("form", { novalidate: true },
    h("label.field", {}, h("span", {}, label), input), note, error, h("div.two-btn", {}, cancel, move));
  const size = quantity(order.qty - order.filled_qty, order.symbol, stats);
  const lead = h("p.lead", {}, `${capital(order.side)} ${size}${order.reduce_only ? ", reduce-only" : ""}.`);
  const sheet = openSheet({ title: name, badge: app.store.state?.engine.badge, body: [lead, form] });
  const ask = (/** @type {string} */ command, /** @type {Record<string, any>} */ args) => {
    sheet.close();
    void app.commands.ask(command, { order_id: order.id, ...args }, { subject: `${name} order` });
  };
  input.addEventListener("input", () => {
    const wrong = problemOf(input.value, level);
    move.disabled = Boolean(wrong) || Number(input.value) === level;
    error.hidden = !wrong;
    setText(error, wrong);
    setAttr(input, "aria-invalid", wrong ? "true" : null);
    setText(move, move.disabled ? "Move" : `Move to ${price(Number(input.value), stats)}`);
  });
  cancel.addEventListener("click", () => ask("cancel_order", {}));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!move.disabled) ask("move_order", { price: input.value.trim() });
  });
  input.select();
}

/** @param {App} app @param {Record<string, any>} order @param {any} stats @returns {string} */
function noteOf(app, order, stats) {
  const mark = app.store.state?.prices[order.symbol]?.mark_price ?? null;
  const position = app.store.state?.positions[order.position_id];
  const entry = position ? `, entry ${price(position.entry_price, stats)}` : "";
  return `Mark ${price(mark, stats)}${entry}.`;
}

/** @param {number} level @param {any} stats @returns {string} digits a person can edit: no thousands */
function plain(level, stats) {
  return digits(level, stats?.price_decimals ?? 2).replaceAll(",", "");
}

/** @param {string} text @param {number} level @returns {string} what is wrong, or "" */
function problemOf(text, level) {
  const value = Number(text);
  if (!text.trim() || !Number.isFinite(value) || value <= 0) return "A level is a number above 0, with a point for decimals.";
  return value > level * 5 || value < level / 5 ? "That is more than five times away from the level now." : "";
}
