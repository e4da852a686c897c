/** Why there is no trade: for each market the newest decisions in words, and what refused entries lately. */

import { decisionLine, gateWords } from "../decisions.js";
import { h, keyedList, setText } from "../dom.js";
import { baseOf, counted, digits } from "../format.js";
import { icon } from "../icons.js";
import { span } from "../time.js";
import { signalRows } from "./signal_rows.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../fold.js").State} State */
/** @typedef {Record<string, any>} Signal */

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const list = h("div.cards");
  root.append(h("div.sec", {}, h("h2", {}, "Why no trade?")), list);
  const show = keyedList(list, { key: (/** @type {string} */ symbol) => symbol, create: (symbol) => card(symbol, app) });
  return {
    update(state, changed) {
      if (!state || !["outlook", "positions", "prices", "time"].some((name) => changed.has(name))) return;
      show(Object.keys(state.prices));
    },
    unmount() {},
  };
}

/** @param {string} symbol @param {App} app */
function card(symbol, app) {
  const answer = h("span.m");
  const body = h("div.why-body", { "aria-live": "polite" });
  const el = h("details.card.why", {},
    h("summary", {}, h("b", {}, baseOf(symbol)), answer, icon("chevron", true)), body);
  let shown = "";
  el.addEventListener("toggle", () => { if (/** @type {HTMLDetailsElement} */ (el).open) void ask(); });
  return {
    el,
    update() {
      const state = app.store.state;
      if (!state) return;
      const newest = decisionsOf(state, symbol)[0];
      setText(answer, headline(state, symbol, newest, app));
      const mark = newest ? `${newest.id} ${newest.decision}` : "";
      if (mark !== shown && /** @type {HTMLDetailsElement} */ (el).open) void ask();
      shown = mark;
    },
  };

  async function ask() {
    if (!body.firstChild) body.append(h("p.cap", {}, "Asking the record"));
    try {
      const why = await app.api.get("api/why", { symbol });
      const list = h("ul.thoughts");
      signalRows(list, app)(why.decisions);
      body.replaceChildren(...told(why), list);
    } catch (error) {
      body.replaceChildren(h("p.cap", { role: "alert" }, `The answer did not load. ${/** @type {any} */ (error).detail ?? ""}`));
    }
  }
}

/** @param {State} state @param {string} symbol @returns {Signal[]} newest first */
function decisionsOf(state, symbol) {
  return Object.values(state.outlook).filter((signal) => signal.symbol === symbol).sort((a, b) => b.at - a.at);
}

/** @param {State} state @param {string} symbol @param {Signal | undefined} newest @param {App} app */
function headline(state, symbol, newest, app) {
  const open = Object.values(state.positions).find((position) => position.symbol === symbol);
  if (open) return `In a trade: ${open.strategy} is ${open.side} for ${span(app.clock.ageMs(open.opened_at))}.`;
  if (!newest) return "No trade: no strategy has spoken yet.";
  const said = decisionLine(newest);
  return `No trade. ${newest.strategy}, ${span(app.clock.ageMs(newest.at))} ago: ${said.charAt(0).toLowerCase()}${said.slice(1)}.`;
}

/** @param {Record<string, any>} why @returns {HTMLElement[]} */
function told({ answer, refusals, counts }) {
  const gates = refusals.map((/** @type {any} */ { gate, count }) => `${gateWords(gate)} ${digits(count, 0)}`);
  return [
    h("p", {}, answer),
    h("p.cap", {}, `In 24 h: ${counted(counts.traded, "trade")}. ${gates.length ? `Stopped by ${gates.join(", ")}.` : "No gate stopped anything."}`),
  ];
}
