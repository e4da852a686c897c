/** The account at the exchange: money, positions and orders, and what our books say differently. */

import { h, setText } from "../dom.js";
import { UNKNOWN, baseOf, capital, change, leverage, money, price as priceText, quantity, toneOf } from "../format.js";
import { span } from "../time.js";
import { exchangeName } from "./venue_card.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../fold.js").State} State */
/** @typedef {Record<string, any>} Account */

/** @type {[label: string, read: (account: Account) => string][]} */
const FIGURES = [
  ["Wallet balance", (account) => money(account.wallet_balance)],
  ["Unrealized", (account) => change(account.unrealized_pnl)],
  ["Margin balance", (account) => money(account.margin_balance)],
  ["Available for margin", (account) => money(account.available)],
  ["Assets", ({ balances = [] }) => (balances.length > 1 ? balances.map((/** @type {any} */ one) => `${one.wallet} ${one.asset}`).join(", ") : "")],
];

/** @param {App} app */
export function realAccountCard(app) {
  const cells = FIGURES.map(([label, read]) => {
    const value = h("dd");
    return { read, value, el: h("div", {}, h("dt", {}, label), value) };
  });
  const note = h("p.venue-note", { "data-tone": "warn" });
  const checked = h("p.cap");
  const lists = { differences: h("ul.differences"), positions: h("ul.holdings"), orders: h("ul.holdings") };
  const heads = { positions: h("h3.cap"), orders: h("h3.cap") };
  const card = sectionCard("Account at the exchange", note, h("dl.kv", {}, ...cells.map(({ el }) => el)), checked, lists.differences, heads.positions, lists.positions, heads.orders, lists.orders);
  card.el.hidden = true;
  /** @type {Account | null} */
  let shown = null;
  return {
    el: card.el,
    /** @param {State} state */
    update(state) {
      const account = state.real_account;
      card.el.hidden = !account?.mode;
      if (!account?.mode) return;
      setText(checked, checkedText(account, app));
      if (shown === account) return;
      shown = account;
      card.remark(`${exchangeName(account.exchange)}, ${account.mode}`);
      note.hidden = !account.note;
      setText(note, account.note);
      for (const { read, value, el } of cells) {
        const text = read(account);
        el.hidden = !text;
        setText(value, text);
      }
      setText(heads.positions, account.positions.length ? "Positions" : "No open position");
      setText(heads.orders, account.orders.length ? "Orders" : "No open order");
      lists.differences.replaceChildren(...account.differences.map(difference));
      lists.positions.replaceChildren(...account.positions.map((/** @type {any} */ position) => holding(position, positionText(position, state), pnl(position))));
      lists.orders.replaceChildren(...account.orders.map((/** @type {any} */ order) => holding(order, orderText(order, state), null)));
    },
  };
}

/** @param {Account} account @param {App} app */
function checkedText({ mode, checked_at: at, differences }, app) {
  if (mode === "watch") return "Shown as the exchange says it, and left alone.";
  if (!at) return "Not yet compared with our books.";
  const found = differences.length ? "These differ from our books" : "Agrees with our books";
  return `${found}, compared ${span(app.clock.ageMs(at))} ago.`;
}

/** @param {Record<string, any>} item */
function difference({ subject, ours, theirs, detail }) {
  return h("li", {}, h("b", {}, subject), h("span", {}, `We say ${ours || "nothing"}, the exchange says ${theirs || "nothing"}. ${detail ?? ""}`.trim()));
}

/** @param {Record<string, any>} item @param {string} text @param {HTMLElement | null} figure */
function holding(item, text, figure) {
  const mark = item.ours ? null : h("span.tag", { title: "It is shown and left alone." }, "opened elsewhere");
  return h("li", {}, h("div", {}, h("b", {}, item.symbol), h("span.cap", {}, text), mark), figure);
}

/** @param {Record<string, any>} position @param {State} state */
function positionText({ symbol, side, qty, entry_price: entry, leverage: times, liquidation_price: end }, state) {
  const stats = state.stats[symbol];
  const held = `${capital(side)}${times ? ` ${leverage(times)}` : ""}, ${size(qty, symbol, stats)} at ${priceText(entry, stats)}`;
  return end ? `${held}, liquidation ${priceText(end, stats)}` : held;
}

/** @param {Record<string, any>} order @param {State} state */
function orderText({ symbol, side, type, qty, price, trigger_price: trigger, reduce_only: reduces }, state) {
  const stats = state.stats[symbol];
  const level = price ?? trigger;
  return `${capital(String(type).replaceAll("_", " "))} ${side}, ${qty ? size(qty, symbol, stats) : "all of it"}${level ? ` at ${priceText(level, stats)}` : ""}${reduces ? ", reduce-only" : ""}`;
}

/** Of markets that are not followed no step size is known. @param {number} qty @param {string} symbol @param {any} stats */
const size = (qty, symbol, stats) => (stats ? quantity(qty, symbol, stats) : `${qty} ${baseOf(symbol)}`);

/** @param {Record<string, any>} position */
function pnl({ unrealized_pnl: value }) {
  return typeof value === "number" ? h("b", { class: `num ${toneOf(value)}` }, change(value)) : h("b", {}, UNKNOWN);
}
