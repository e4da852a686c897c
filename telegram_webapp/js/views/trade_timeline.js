/** What happened to one position, in order: opened, funding, parts, closed. */

import { h } from "../dom.js";
import { change, money, price as priceText, quantity, toneOf } from "../format.js";
import { day, hourMinuteSecond, span } from "../time.js";
import { exitWord } from "./trade_rows.js";

/** @typedef {Record<string, any>} Fact */
/** @typedef {{at: number, title: string, detail: string, amount: number | null, end?: boolean}} Step */

const FACTS_ASKED = 500;

/**
 * Build the rows; facts the server does not have any more are left out.
 * @param {import("../main.js").App} app
 * @param {Fact} trade
 * @returns {Promise<HTMLElement[]>}
 */
export async function timelineOf(app, trade) {
  const facts = await factsOf(app, trade);
  const stats = app.store.state?.stats[trade.symbol];
  const steps = [opened(trade, stats), ...facts.flatMap((fact) => stepOf(fact, stats)), closed(trade, stats)];
  return steps.sort((a, b) => a.at - b.at).map((step) => row(step, trade));
}

/** @param {import("../main.js").App} app @param {Fact} trade @returns {Promise<Fact[]>} */
async function factsOf(app, trade) {
  const live = app.store.state?.activity ?? [];
  const past = await app.api.get("api/activity", { since: trade.opened_at, until: trade.closed_at + 1, limit: FACTS_ASKED }).catch(() => ({ activity: [] }));
  const all = new Map([...live, ...past.activity].map((fact) => [fact.fact_id, fact]));
  return [...all.values()].filter((fact) => fact.position_id === trade.id);
}

/** @param {Fact} fact @param {any} stats @returns {Step[]} */
function stepOf(fact, stats) {
  if (fact.kind === "funding_paid") return [{ at: fact.at, title: fact.title, detail: fact.detail, amount: fact.amount }];
  if (fact.kind !== "order_filled") return [];
  const what = `${quantity(fact.qty, fact.symbol, stats)} at ${priceText(fact.price, stats)}, fee ${money(fact.fee)}`;
  return [{ at: fact.at, title: fact.side === "buy" ? "Bought" : "Sold", detail: what, amount: null }];
}

/** @param {Fact} trade @param {any} stats @returns {Step} */
function opened(trade, stats) {
  return { at: trade.opened_at - 0.5, end: true, title: `Opened ${trade.side}`, detail: `${quantity(trade.qty, trade.symbol, stats)} at ${priceText(trade.entry_price, stats)} on average`, amount: null };
}

/** @param {Fact} trade @param {any} stats @returns {Step} */
function closed(trade, stats) {
  return { at: trade.closed_at + 0.5, end: true, title: `Closed by ${exitWord(trade)}`, detail: `at ${priceText(trade.exit_price, stats)} on average, after ${span(trade.closed_at - trade.opened_at)}`, amount: trade.net_pnl };
}

/** @param {Step} step @param {Fact} trade */
function row(step, trade) {
  const whole = Math.round(step.at);
  const sameDay = day(whole) === day(trade.opened_at);
  return h(step.end ? "li.end" : "li", {},
    h("div", {}, h("div.h", {}, step.title), h("div.m", {}, step.detail)),
    h("div.r", {}, step.amount !== null && h("div", { class: `num ${toneOf(step.amount)}` }, change(step.amount)),
      h("div.m", {}, `${sameDay ? "" : `${day(whole)}, `}${hourMinuteSecond(whole)}`)));
}
