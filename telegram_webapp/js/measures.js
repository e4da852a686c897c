/** Figures as the server computes them, put into words: by their unit, with sign where it means money. */

import { MINUS, UNKNOWN, change, digits, money, percent, percentChange, signOf } from "./format.js";
import { day, hourMinute, span } from "./time.js";

/**
 * One figure.
 * @typedef {object} Measure
 * @property {number | null} value null when it cannot be told
 * @property {string} reason why it is null
 * @property {number | null} low of its interval
 * @property {number | null} high of its interval
 * @property {number | null} at ms, when it happened
 * @property {string} basis what it stands on
 */
/** @typedef {{label: string, formula: string, unit: string, minimum: string | number, source: string}} Definition */

/** Money or percent that was won or lost: signed and coloured. */
const WON = new Set([
  "net_pnl", "gross_pnl", "expectancy", "expectancy_r", "avg_return", "avg_win", "avg_loss", "best_trade", "worst_trade", "roi", "cagr", "funding",
  "long_net_pnl", "short_net_pnl",
]);
/** Falls: shown as what was lost, whatever sign they come with. */
const FALLS = new Set(["max_drawdown", "max_drawdown_pct"]);
/** Rates are read with one decimal, returns with two. */
const RATES = new Set(["win_rate", "exposure"]);

/**
 * The number that is shown: a fall is negative.
 * @param {string} name
 * @param {number | null} value
 * @returns {number | null}
 */
export function shownValue(name, value) {
  return value !== null && FALLS.has(name) ? -Math.abs(value) : value;
}

/** Whether sign, arrow and colour belong to it. @param {string} name */
export const isMoneyMade = (name) => WON.has(name) || FALLS.has(name);

/**
 * A figure as it is read.
 * @param {string} name
 * @param {number | null} raw
 * @param {string} unit
 * @returns {string} a dash when it is not known
 */
export function measureText(name, raw, unit) {
  const value = shownValue(name, raw);
  if (value === null || value === undefined) return UNKNOWN;
  switch (unit) {
    case "money": return isMoneyMade(name) ? change(value) : money(value);
    case "pct": return isMoneyMade(name) ? percentChange(value) : percent(value, RATES.has(name) ? 1 : 2);
    case "ratio": return signedDigits(name, value);
    case "count": return digits(value, 0);
    case "duration_ms": return span(value);
    case "time_ms": return `${day(value)}, ${hourMinute(value)}`;
    default: return `${value < 0 ? MINUS : ""}${digits(value, 2)}`;
  }
}

/** @param {string} name @param {number} value */
function signedDigits(name, value) {
  const sign = signOf(value);
  return `${sign < 0 ? MINUS : sign > 0 && WON.has(name) ? "+" : ""}${digits(value, 2)}${name.endsWith("_r") ? " R" : ""}`;
}

/**
 * Its interval in words: "95% interval 50.1 to 66.8%"; "" when it has none.
 * @param {string} name
 * @param {Measure} measure
 * @param {string} unit
 * @returns {string}
 */
export function intervalText(name, { low, high }, unit) {
  if (typeof low !== "number" || typeof high !== "number") return "";
  const [from, to] = [measureText(name, low, unit), measureText(name, high, unit)];
  return `95% interval ${unit === "pct" ? from.replace("%", "") : from} to ${to}`;
}

/**
 * What a figure stands on, or why it is not known.
 * @param {string} name
 * @param {Measure | undefined} measure
 * @param {string} unit
 * @returns {string}
 */
export function basisText(name, measure, unit) {
  if (!measure) return "";
  if (measure.value === null) return measure.reason;
  if (!measure.at) return measure.basis || intervalText(name, measure, unit);
  return FALLS.has(name) ? `low on ${day(measure.at)}` : [measure.basis, day(measure.at)].filter(Boolean).join(", ");
}
