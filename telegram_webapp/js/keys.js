/** Single keys for those with a keyboard; they can be switched off. */

import { recall, remember } from "./memory.js";
import { VIEWS } from "./router.js";

/** @typedef {import("./main.js").App} App */

const KEPT = "keys";
const FIELDS = "input, select, textarea, [contenteditable]";

/** What each key does, for the sheet that explains them. @type {[keys: string[], meaning: string][]} */
export const KEYS = [
  [["P"], "Pause or resume trading"],
  [["1", "2", "3", "4", "5"], "Overview, Market, Signals, Performance, More"],
  [["E"], "Enhanced, for a large screen"],
  [["C"], "Customise the cards of this view"],
  [["/"], "Find a market, where markets are shown"],
  [["?"], "These keys"],
  [["Esc"], "Close a sheet"],
];

/** What they do in the enhanced view. @type {[keys: string[], meaning: string][]} */
export const ENHANCED_KEYS = [
  [["[", "]"], "The market before, the next"],
  [["+", "-"], "Longer candles, shorter ones"],
  [["G"], "One, two or four charts"],
  [["N"], "The next panel"],
  [["T"], "Positions, orders, trades"],
  [["F"], "Full screen"],
  [["W"], "Wall display, and back"],
];

/** Whether keys act. @returns {boolean} */
export function keysAct() {
  return recall(KEPT) !== "off";
}

/** @param {boolean} act */
export function setKeys(act) {
  remember(KEPT, act ? "on" : "off");
}

/** Listen to the keyboard for as long as the page lives. @param {App} app */
export function listenKeys(app) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const target = /** @type {Element | null} */ (event.target);
    if (!app.role || !keysAct() || target?.closest?.(FIELDS) || document.querySelector("dialog[open]")) return;
    if (press(app, event.key)) event.preventDefault();
  });
}

/** @param {App} app @param {string} key @returns {boolean} whether it means something */
function press(app, key) {
  const view = VIEWS[Number(key) - 1];
  if (app.shortcuts?.(key)) return true;
  if (view) app.router.go(view);
  else if (key.toLowerCase() === "e") app.router.go("enhanced");
  else if (key.toLowerCase() === "c") /** @type {HTMLElement | null} */ (document.querySelector(".customise"))?.click();
  else if (key === "?") void import("./views/keys_sheet.js").then(({ openKeys }) => openKeys());
  else if (key.toLowerCase() === "p") pause(app);
  else return false;
  return true;
}

/** @param {App} app */
function pause(app) {
  if (!app.session.mayTrade || !app.connection.current.canPause) return;
  void app.commands.ask(app.store.state?.engine.paused ? "resume" : "pause", {});
}
