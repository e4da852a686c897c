/** How figures of a market are read: rates of funding, volumes, correlations. */

import { MINUS, UNKNOWN, digits, signOf } from "../format.js";

/** `0.0100%`: four decimals, as exchanges write it. @param {number | null | undefined} value a fraction */
export function rateText(value) {
  if (typeof value !== "number") return UNKNOWN;
  return `${signOf(value, 6) < 0 ? MINUS : ""}${digits(value * 100, 4)}%`;
}

/** Four digits are enough for a volume: `31,240`, `1.24M`. @param {number | null | undefined} value */
export function amountText(value) {
  if (typeof value !== "number") return UNKNOWN;
  if (value >= 1e9) return `${digits(value / 1e9, 2)}B`;
  if (value >= 1e6) return `${digits(value / 1e6, 2)}M`;
  return digits(value, value < 1000 ? 1 : 0);
}

/** `+0.82`: with its sign, as both ways matter. @param {number | null | undefined} value @param {number} [decimals] */
export function signedText(value, decimals = 2) {
  if (typeof value !== "number") return UNKNOWN;
  const sign = signOf(value, decimals);
  return `${sign < 0 ? MINUS : sign > 0 ? "+" : ""}${digits(value, decimals)}`;
}
