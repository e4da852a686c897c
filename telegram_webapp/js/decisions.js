/** A signal and what was decided on it, in words: the same in every list and sheet. */

import { MINUS, capital, digits } from "./format.js";

/** @typedef {Record<string, any>} Signal a `signal_raised` payload or a row of api/signals */

/** @type {Record<string, [sign: string, word: string]>} */
const ACTIONS = { buy: ["▲", "BUY"], sell: ["▼", "SELL"], hold: ["■", "HOLD"] };

/** Significant digits of a number of no known unit. */
const FIGURES = 3;
const MOST_FIGURES = 8;

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
  if (!gate || typeof value !== "number") return gateWords(gate ?? "");
  const [seen, limit] = compared(value, limitOf(signal));
  return `${gateWords(gate)} ${seen}${limit && `, limit ${limit}`}`;
}

/**
 * What a gate saw and what it allows, with as many digits as tell the two apart.
 * @param {number} value
 * @param {number | null} limit
 * @returns {[seen: string, limit: string]} the limit is "" when there is none
 */
export function compared(value, limit) {
  if (limit === null) return [plain(value), ""];
  for (let figures = FIGURES; ; figures += 1) {
    const texts = /** @type {[string, string]} */ ([plain(value, figures), plain(limit, figures)]);
    if (value === limit || texts[0] !== texts[1] || figures > MOST_FIGURES) return texts;
  }
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
 * A number of no known unit with few digits: `0.82`, `12.5`, `1,250`.
 * @param {number} value
 * @param {number} [figures] significant ones
 * @returns {string}
 */
export function plain(value, figures = FIGURES) {
  const size = Math.abs(value);
  const text = size >= 100 ? digits(size, 0) : size.toLocaleString("en-US", { maximumSignificantDigits: figures });
  return value < 0 ? MINUS + text : text;
}
