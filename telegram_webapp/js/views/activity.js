/** What happened, newest first; coloured only where money changed. */

import { h, keyedList, setText } from "../dom.js";
import { change, toneOf } from "../format.js";
import { icon } from "../icons.js";
import { ago, hourMinuteSecond, fullDay, zone } from "../time.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Fact */

const FEW = 6;
/** @type {Record<string, [icon: string, tone: string]>} */
const ALERTS = { info: ["bell", ""], warn: ["alert", "warn"], error: ["alert", "loss"] };

/**
 * @param {HTMLElement} root
 * @param {App} app
 * @param {{all?: boolean}} [options] all: show everything, for a column that scrolls
 * @returns {import("../main.js").View}
 */
export function mount(root, app, { all = false } = {}) {
  let every = all;
  const more = h("button.link", { type: "button", "aria-expanded": "false", hidden: true, onclick: () => toggle() });
  const list = h("ul.feed.card");
  const empty = h("div.empty.card", { hidden: true }, h("span.ic", {}, icon("clock")), h("b", {}, "Nothing has happened yet"),
    h("p", {}, "Fills, stops, funding and refusals appear here, newest first."));
  root.append(h("div.sec", {}, h("h2", {}, "Activity"), h("span.sp"), more), list, empty);
  list.append(...Array.from({ length: 3 }, skeleton));
  let waiting = true;
  const show = keyedList(list, { key: (fact) => fact.fact_id, create: (fact) => row(fact, app) });

  return { update, unmount() {} };

  /** @param {App["store"]["state"]} state @param {Set<string>} changed */
  function update(state, changed) {
    if (!state || !(changed.has("activity") || changed.has("time"))) return;
    if (waiting) list.replaceChildren();
    waiting = false;
    const facts = told(state.activity).reverse();
    show(every ? facts : facts.slice(0, FEW));
    list.hidden = !facts.length;
    empty.hidden = facts.length > 0;
    more.hidden = all || facts.length <= FEW;
    setText(more, every ? "Fewer" : `All ${facts.length}`);
  }

  function toggle() {
    every = !every;
    more.setAttribute("aria-expanded", String(every));
    update(app.store.state, new Set(["activity"]));
  }
}

/**
 * A trade that closed tells its last fill too: the same money is not told twice.
 * @param {Fact[]} facts @returns {Fact[]}
 */
function told(facts) {
  const ended = new Set(facts.filter((fact) => fact.kind === "trade_closed").map((fact) => fact.id));
  return facts.filter((fact) => !(fact.kind === "order_filled" && fact.reduce_only && ended.has(fact.position_id)));
}

/** @param {Fact} fact @param {App} app */
function row(fact, app) {
  const [name, tone] = glyphOf(fact);
  const amount = typeof fact.amount === "number" && fact.amount !== 0;
  const age = h("time.m", { datetime: new Date(fact.at).toISOString(), title: `${fullDay(fact.at)}, ${hourMinuteSecond(fact.at)} ${zone.name}` });
  const el = h("li.fact", {}, h("span.ic", { class: `ic ${tone}` }, icon(name)),
    h("div", {}, h("div.h", {}, fact.title), fact.detail && h("div.m", {}, fact.detail)),
    h("div.r", {}, amount && h("div", { class: `num ${toneOf(fact.amount)}` }, change(fact.amount)), age));
  return { el, update: () => { setText(age, ago(fact.at, app.clock.now())); } };
}

/** @param {Fact} fact @returns {[icon: string, tone: string]} */
function glyphOf(fact) {
  const tone = toneOf(fact.amount ?? 0);
  switch (fact.kind) {
    case "trade_closed": return [tone === "loss" ? "close" : "ok", tone === "flat" ? "" : tone];
    case "order_filled": return [fact.side === "buy" ? "up" : "down", ""];
    case "order_refused": return ["refused", ""];
    case "funding_paid": return ["funding", ""];
    case "alert_raised": return ALERTS[fact.level] ?? ALERTS.info;
    case "command_done": return ["person", ""];
    default: return ["clock", ""];
  }
}

/** @returns {HTMLElement} */
function skeleton() {
  const line = (/** @type {string} */ name) => h(`div.${name}`, {}, h("span.live"));
  return h("li", { "aria-hidden": "true" }, h("span.ic"), h("div", {}, line("h"), line("m")), line("r"));
}
