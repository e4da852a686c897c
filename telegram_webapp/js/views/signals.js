/** Signals that strategies raised, and what came of each. */

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
  const empty = h("div.empty.card", { hidden: true }, h("span.ic", {}, icon("scale")), h("b", {}, "No signal yet"),
    h("p", {}, "When a strategy wants to buy or sell it appears here, with what came of it."));
  root.append(h("div.sec", {}, h("h2", {}, "Signals"), h("span.sp"), h("span.cap", {}, "confidence")), list, empty);
  const show = keyedList(list, { key: (/** @type {Signal} */ signal) => signal.fact_id, create: (signal) => row(signal, app) });
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
  const buy = signal.action === "buy";
  const age = h("div.m");
  const outcome = signal.outcome === "traded" ? "Traded" : "Refused";
  const detail = signal.detail || signal.reasons?.join(", ") || "";
  const el = h("li.fact", {},
    h("span.dir", {}, h("span", { "aria-hidden": "true" }, buy ? "▲" : "▼"), h("span", {}, buy ? "BUY" : "SELL")),
    h("div", {}, h("div.h", {}, baseOf(signal.symbol), h("small", {}, ` ${signal.strategy}`)), h("div.m", { title: detail }, detail ? `${outcome}. ${detail}` : outcome)),
    h("div.r", {}, h("div.h", {}, signal.confidence.toFixed(2)), age));
  return { el, update: () => { setText(age, ago(signal.at, app.clock.now())); } };
}
