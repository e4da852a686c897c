/** The newest signals that strategies raised, and what came of each; all of them have a view. */

import { actionSign, decisionLine } from "../decisions.js";
import { h, keyedList, setText } from "../dom.js";
import { baseOf } from "../format.js";
import { icon } from "../icons.js";
import { ago } from "../time.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Signal */

/**
 * @param {HTMLElement} root
 * @param {App} app
 * @param {{few?: number}} [options] few: how many at most
 * @returns {import("../main.js").View}
 */
export function mount(root, app, { few = Infinity } = {}) {
  const list = h("ul.thoughts.card");
  const empty = h("div.empty.card", { hidden: true }, h("span.ic", {}, icon("signals")), h("b", {}, "No signal yet"),
    h("p", {}, "A strategy speaks when a candle that it watches closes."));
  const all = h("a.link", { href: app.router.href("signals") }, "All", icon("chevron", true));
  root.append(h("div.sec", {}, h("h2", {}, "Signals"), h("span.sp"), all), list, empty);
  const show = keyedList(list, { key: (/** @type {Signal} */ signal) => signal.id, create: (signal) => row(signal, app) });
  return {
    update(state, changed) {
      if (!state || !(changed.has("signals") || changed.has("time"))) return;
      const signals = [...state.signals].reverse().slice(0, few);
      show(signals);
      list.hidden = !signals.length;
      empty.hidden = signals.length > 0;
    },
    unmount() {},
  };
}

/** @param {Signal} signal @param {App} app */
function row(signal, app) {
  const [sign, word] = actionSign(signal.action);
  const age = h("div.m");
  const said = decisionLine(signal);
  const el = h("li.fact", {},
    h("span", { class: `dir ${signal.action}` }, h("span", { "aria-hidden": "true" }, sign), h("span", {}, word)),
    h("div", {}, h("div.h", {}, baseOf(signal.symbol), h("small", {}, ` ${signal.strategy}`)), h("div.m", { title: said }, said)),
    h("div.r", {}, h("div.h", {}, signal.confidence.toFixed(2)), age));
  return { el, update: () => { setText(age, ago(signal.at, app.clock.now())); } };
}
