/** A strategy in a few lines: whether it trades, why not, what it has, what its model costs. */

import { h, keyedList, setText } from "../dom.js";
import { setTone } from "../figure.js";
import { capital, change, counted, money, percentChange, toneOf } from "../format.js";
import { icon } from "../icons.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Strategy of the state's `strategies` */

const TONES = /** @type {Record<string, string>} */ ({ trading: "on", off: "", failed: "bad", retired: "" });

/** One that stands aside, with its note. @param {Strategy} strategy @returns {HTMLElement} */
export function strategyCard(strategy) {
  const el = h("section.card.strategy");
  const show = parts(el);
  show(strategy);
  return el;
}

/** All of them in a card of their own. @param {App} app @returns {{el: HTMLElement, update: (state: import("../fold.js").State) => void}} */
export function strategiesCard(app) {
  const list = h("ul.strategies");
  const el = h("section.card.panel", {}, h("header", {}, h("h2", {}, "Strategies"), h("a.link", { href: app.router.href("ab-test") }, "Compare", icon("chevron", true))), list);
  const show = keyedList(list, { key: (/** @type {Strategy} */ item) => item.id, create: () => {
    const row = h("li.strategy");
    return { el: row, update: parts(row) };
  } });
  return {
    el,
    update(state) {
      const all = Object.values(state.strategies).sort((a, b) => Number(b.status === "trading") - Number(a.status === "trading") || (a.id < b.id ? -1 : 1));
      el.hidden = !all.length;
      show(all);
    },
  };
}

/** @param {HTMLElement} el @returns {(strategy: Strategy) => void} */
function parts(el) {
  const [name, status, note, cost] = [h("b"), h("span"), h("p.cap"), h("p.cap")];
  const [equity, net] = [h("span.live"), h("span.live.num")];
  const figures = h("p.worth", {}, equity, net);
  el.append(h("div.row", {}, name, status), figures, note, cost);
  return (strategy) => {
    setText(name, strategy.id);
    setText(status, capital(strategy.status));
    status.className = `tag ${TONES[strategy.status] ?? ""}`;
    figures.hidden = !strategy.initial_balance;
    if (!figures.hidden) {
      setText(equity, money(strategy.equity));
      setText(net, `${change(strategy.net_pnl)} (${percentChange(strategy.roi_pct)})`);
      setTone(net, toneOf(strategy.net_pnl));
    }
    const trades = strategy.closed_trades ? `${counted(strategy.closed_trades, "closed trade")}. ` : "Awaiting closed trades. ";
    setText(note, trades + (strategy.note ? `${strategy.note}${/[.!?]$/.test(strategy.note) ? "" : "."}` : ""));
    setText(cost, costText(strategy));
    cost.hidden = !cost.textContent;
  };
}

/** @param {Strategy} strategy @returns {string} */
function costText({ model, model_cost_today_usd: cost, model_cost_limit_usd: limit }) {
  const spent = typeof cost === "number" ? `${money(cost)}${typeof limit === "number" ? ` of ${money(limit)}` : ""} spent today, UTC` : "";
  return [model && `Model ${model}`, spent].filter(Boolean).join(". ");
}
