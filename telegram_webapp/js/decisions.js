/** A signal and what was decided on it, in words: the same in every list and sheet. */

import { MINUS, capital } from "./format.js";

/** @typedef {Record<string, any>} Signal a `signal_raised` payload or a row of api/signals */

/** @type {Record<string, [sign: string, word: string]>} */
const ACTIONS = { buy: ["▲", "BUY"], sell: ["▼", "SELL"], hold: ["■", "HOLD"] };

/** What a decision is called. @type {Record<string, string>} */
export const DECISIONS = { traded: "Traded", closed: "Closed", refused: "Refused", held: "Held" };

/** Sign and word of an action. @param {string} action @returns {[sign: string, word: string]} */
export function actionSign(action) {
  return ACTIONS[action] ?? ["■", action.toUpperCase()];
}

/** "max_positions" to "max positions" @param {string} gate @returns {string} */
export const gateWords = (gate) => gate.replaceAll("_", " ");

/**
 * A gate with what it saw and what it allows: "volatility 0.82, limit 0.75".
 * @param {Signal} signal
 * @returns {string} "" when no gate stopped it
 */
export function gateLine(signal) {
  const { gate, value } = signal;
  const limit = limitOf(signal);
  if (!gate) return "";
  if (typeof value !== "number") return gateWords(gate);
  return `${gateWords(gate)} ${plain(value)}${typeof limit === "number" ? `, limit ${plain(limit)}` : ""}`;
}

/** What a gate allows; a stored row calls it its threshold. @param {Signal} signal @returns {number | null} */
export function limitOf(signal) {
  return signal.limit ?? signal.threshold ?? null;
}

/**
 * The decision in one line: "Refused: max positions 3, limit 3", "Held: no edge".
 * @param {Signal} signal
 * @returns {string}
 */
export function decisionLine(signal) {
  const word = DECISIONS[signal.decision] ?? capital(signal.decision ?? "");
  const because = gateLine(signal) || (signal.decision === "held" ? signal.reason || signal.why : "");
  return because ? `${word}: ${because}` : word;
}

/**
 * A number of no known unit with as many digits as tell it apart: `0.82`, `12.5`, `1,250`.
 * @param {number} value
 * @returns {string}
 */
export function plain(value) {
  const text = Math.abs(value).toLocaleString("en-US", { maximumSignificantDigits: 4 });
  return value < 0 ? MINUS + text : text;
}
