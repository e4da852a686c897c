/** Signals as rows of a list; a press opens the sheet of one. */

import { actionSign, decisionLine } from "../decisions.js";
import { h, keyedList, setText } from "../dom.js";
import { baseOf, price as priceText } from "../format.js";
import { ago, hourMinuteSecond, zone } from "../time.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Signal */

/** Newest first. @param {Signal} a @param {Signal} b */
export const latestFirst = (a, b) => b.at - a.at || (a.id < b.id ? 1 : -1);

/**
 * Keep a list in step with signals.
 * @param {HTMLElement} list a `ul.thoughts`
 * @param {App} app
 * @returns {(signals: Signal[]) => void}
 */
export function signalRows(list, app) {
  return keyedList(list, { key: (/** @type {Signal} */ signal) => signal.id, create: (signal) => row(signal, app) });
}

/** @param {Signal} signal @param {App} app */
function row(signal, app) {
  const [sign, word] = actionSign(signal.action);
  const age = h("time.m", { datetime: new Date(signal.at).toISOString(), title: `${hourMinuteSecond(signal.at)} ${zone.name}` });
  const value = h("span.m");
  const said = decisionLine(signal);
  const open = () => void import("./signal_sheet.js").then(({ openSignal }) => openSignal(app, signal));
  const el = h("li.fact", {}, h("button.signal", { type: "button", onclick: open },
    h("span", { class: `dir ${signal.action}` }, h("span", { "aria-hidden": "true" }, sign), h("span", {}, word)),
    h("span.b", {}, h("span.h", {}, baseOf(signal.symbol), h("small", {}, ` ${signal.strategy}`)), h("span.m", { class: `m ${signal.decision}` }, said)),
    h("span.r", {}, h("span.h", {}, h("span.vh", {}, "Confidence "), signal.confidence.toFixed(2)), value),
    age));
  return {
    el,
    update() {
      setText(age, ago(signal.at, app.clock.now()));
      setText(value, priceText(signal.price, app.store.state?.stats[signal.symbol]));
    },
  };
}
