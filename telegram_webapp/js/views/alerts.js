/** What a person should know: alerts, newest first. */

import { h, keyedList, setText } from "../dom.js";
import { icon } from "../icons.js";
import { ago } from "../time.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Alert */

/** @type {Record<string, [icon: string, tone: string]>} */
const LEVELS = { info: ["bell", ""], warn: ["alert", "warn"], error: ["alert", "loss"] };

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const list = h("ul.feed.card");
  const none = h("p.card.note", {}, "No alert. A stale feed, a refused write or a ledger that does not agree would be told here.");
  root.append(h("div.sec", {}, h("h2", {}, "Alerts")), list, none);
  const show = keyedList(list, { key: (/** @type {Alert} */ alert) => alert.fact_id, create: (alert) => row(alert, app) });
  return {
    update(state, changed) {
      if (!state || !(changed.has("alerts") || changed.has("time"))) return;
      show([...state.alerts].reverse());
      list.hidden = !state.alerts.length;
      none.hidden = state.alerts.length > 0;
    },
    unmount() {},
  };
}

/** @param {Alert} alert @param {App} app */
function row(alert, app) {
  const [name, tone] = LEVELS[alert.level] ?? LEVELS.info;
  const age = h("div.m");
  const el = h("li.fact", {}, h("span", { class: `ic ${tone}` }, icon(name)), h("div", {}, h("div.h", {}, alert.title), h("div.m", {}, alert.detail)), h("div.r", {}, age));
  return { el, update: () => { setText(age, ago(alert.at, app.clock.now())); } };
}
