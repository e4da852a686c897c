/** How numbers are read: money, percents, prices, quantities. One place, so they agree. */

export const MINUS = "\u2212";
export const UNKNOWN = "\u2013";

/** How they are written; display.js changes it for those who wish so. */
export const manner = {
  /** What a change of money is told in percent of; 0 tells it in money. */
  base: 0,
  /** @param {string} text digits of an amount of money @returns {string} */
  amount: (text) => `$${text}`,
  /** @param {string} text digits of a quantity @returns {string} */
  size: (text) => text,
  /** @param {number} _ a price @param {number} decimals of its tick @returns {number} */
  places: (_, decimals) => decimals,
};

/** @type {Map<number, Intl.NumberFormat>} */
const formats = new Map();

/**
 * Digits without a sign, grouped by thousands.
 * @param {number} value
 * @param {number} decimals
 * @returns {string}
 */
export function digits(value, decimals) {
  let format = formats.get(decimals);
  if (!format) {
    format = new Intl.NumberFormat("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    formats.set(decimals, format);
  }
  return format.format(Math.abs(value));
}

/** @param {any} value @returns {value is number} */
const known = (value) => typeof value === "number" && Number.isFinite(value);

/**
 * The sign of what will be read: a value that rounds to zero has none.
 * @param {number} value
 * @param {number} decimals
 * @returns {-1 | 0 | 1}
 */
export function signOf(value, decimals = 2) {
  if (!known(value) || Math.abs(value) * 10 ** decimals < 0.5) return 0;
  return value > 0 ? 1 : -1;
}

/** @param {number} value @param {number} decimals @param {string} text @param {string} plus */
function signed(value, decimals, text, plus) {
  const sign = signOf(value, decimals);
  return sign < 0 ? MINUS + text : sign > 0 ? plus + text : text;
}

/** `$10,443.26` @param {number | null} value @param {number} [decimals] @returns {string} */
export function money(value, decimals = 2) {
  return known(value) ? signed(value, decimals, manner.amount(digits(value, decimals)), "") : UNKNOWN;
}

/** `+$132.18` @param {number | null} value @param {number} [decimals] @returns {string} */
export function change(value, decimals = 2) {
  if (!known(value)) return UNKNOWN;
  return manner.base ? percentChange((100 * value) / manner.base) : signed(value, decimals, manner.amount(digits(value, decimals)), "+");
}

/** `11.6%` @param {number | null} value @param {number} [decimals] @returns {string} */
export function percent(value, decimals = 1) {
  return known(value) ? signed(value, decimals, `${digits(value, decimals)}%`, "") : UNKNOWN;
}

/** `+1.28%` @param {number | null} value @param {number} [decimals] @returns {string} */
export function percentChange(value, decimals = 2) {
  return known(value) ? signed(value, decimals, `${digits(value, decimals)}%`, "+") : UNKNOWN;
}

/**
 * A price with the decimals of its tick size.
 * @param {number | null} value
 * @param {{price_decimals?: number} | undefined} stats of the symbol
 * @returns {string}
 */
export function price(value, stats) {
  return known(value) ? digits(value, manner.places(value, stats?.price_decimals ?? guessDecimals(value))) : UNKNOWN;
}

/** @param {number} value @returns {number} decimals that tell a price apart until its tick is known */
function guessDecimals(value) {
  const size = Math.abs(value);
  return size >= 10000 ? 1 : size >= 10 ? 2 : 4;
}

/**
 * A quantity with the decimals of its step size and its currency.
 * @param {number | null} value
 * @param {string} symbol BASE/QUOTE
 * @param {{qty_decimals?: number, base?: string} | undefined} stats of the symbol
 * @returns {string}
 */
export function quantity(value, symbol, stats) {
  if (!known(value)) return UNKNOWN;
  return `${manner.size(digits(value, stats?.qty_decimals ?? 3))} ${baseOf(symbol, stats)}`;
}

/** @param {string} symbol @param {{base?: string} | undefined} [stats] @returns {string} */
export function baseOf(symbol, stats) {
  return stats?.base ?? symbol.split("/")[0];
}

/** `5×` @param {number} value @returns {string} */
export const leverage = (value) => `${value}×`;

/**
 * The class that colours a change.
 * @param {number | null} value
 * @param {number} [decimals] as shown
 * @returns {"gain" | "loss" | "flat"}
 */
export function toneOf(value, decimals = 2) {
  const sign = signOf(value ?? 0, decimals);
  return sign > 0 ? "gain" : sign < 0 ? "loss" : "flat";
}

/** "BTC", "BTC and ETH", "BTC, ETH and SOL" @param {string[]} words @returns {string} */
export function listed(words) {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

/** "1 trade", "3 trades" @param {number} count @param {string} noun @returns {string} */
export function counted(count, noun) {
  return `${digits(count, 0)} ${noun}${count === 1 ? "" : "s"}`;
}

/** "long" to "Long" @param {string} word @returns {string} */
export const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);
