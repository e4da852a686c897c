/** How wishes are worded, in the page's sheet and in a window of Telegram's. */

import { change, money } from "./format.js";

/** What leaves everything as it is. @type {Record<string, string>} */
export const KEEP = {
  close_position: "Keep open", close_all: "Keep open", cancel_order: "Keep order", move_order: "Keep level",
  pause: "Keep trading", resume: "Stay paused", retry_market: "Stay simulated", symbols: "Keep as it is",
};
/** What a question is called before the engine has answered. @type {Record<string, string>} */
export const ASKING = {
  close_position: "Close position", close_all: "Close all positions", cancel_order: "Cancel order", move_order: "Move order",
  pause: "Pause trading", resume: "Resume trading", retry_market: "Try the exchange again", symbols: "Change symbols",
};

/** @typedef {import("./commands.js").Intent["lines"][number]} Line */

/** Whether a line's amount is money made or lost, which has a colour. @param {Line} line */
export const isGain = ({ value, tone }) => typeof value === "number" && (tone === "gain_loss" || tone === "total");

/** A line's amount without a word of doubt. @param {Line} line @returns {string} */
export function amountText(line) {
  if (line.text || typeof line.value !== "number") return line.text || String(line.value ?? "");
  return isGain(line) ? change(line.value) : money(line.value);
}

/** What says that an amount is only expected. @param {Line} line @returns {string} */
export const doubt = ({ tone }) => (tone === "price" || tone === "total" ? "≈ " : "");

/** @param {Line} line @returns {string} */
export const figureText = (line) => doubt(line) + amountText(line);
