/**
 * Indicators of candles, as lines of the same length: null where the past does not suffice.
 *
 * Source: https://chartschool.stockcharts.com/table-of-contents/technical-indicators-and-overlays
 */

/** @typedef {import("./candle_series.js").Candle} Candle */
/** @typedef {(number | null)[]} Line */

const DAY_MS = 86_400_000;

/**
 * Exponential moving average; the first is the plain mean of the *n* before it.
 * @param {number[]} closes oldest first
 * @param {number} n
 * @returns {Line}
 */
export function ema(closes, n) {
  const weight = 2 / (n + 1);
  let sum = 0;
  /** @type {number | null} */
  let now = null;
  return closes.map((close, i) => {
    sum += close;
    if (i >= n && now !== null) now += weight * (close - now);
    else if (i === n - 1) now = sum / n;
    return now;
  });
}

/**
 * Bollinger bands: the plain mean of *n* closes, and *k* of their standard deviations (of all n) to both sides.
 * @param {number[]} closes oldest first
 * @param {number} n
 * @param {number} k
 * @returns {{upper: Line, middle: Line, lower: Line}}
 */
export function bollinger(closes, n, k) {
  const bands = closes.map((_, i) => (i < n - 1 ? null : band(closes.slice(i - n + 1, i + 1), k)));
  const side = (/** @type {number} */ sign) => bands.map((one) => one && one.mean + sign * one.reach);
  return { upper: side(1), middle: side(0), lower: side(-1) };
}

/** @param {number[]} closes @param {number} k */
function band(closes, k) {
  const mean = closes.reduce((sum, close) => sum + close, 0) / closes.length;
  const variance = closes.reduce((sum, close) => sum + (close - mean) ** 2, 0) / closes.length;
  return { mean, reach: k * Math.sqrt(variance) };
}

/**
 * The price at which the day's volume was traded on average, from 00:00 UTC; none for a day that is not there from its start.
 * @param {Candle[]} candles oldest first
 * @returns {Line}
 */
export function vwap(candles) {
  let day = -1;
  let whole = false;
  let [paid, volume] = [0, 0];
  return candles.map(([at, , high, low, close, traded], i) => {
    const its = Math.floor(at / DAY_MS);
    if (its !== day) {
      whole = i > 0 || at % DAY_MS === 0;
      [day, paid, volume] = [its, 0, 0];
    }
    paid += ((high + low + close) / 3) * traded;
    volume += traded;
    return whole && volume > 0 ? paid / volume : null;
  });
}

/**
 * Relative strength after Wilder, 0 to 100: what rose of all that moved; 50 where nothing did.
 * @param {number[]} closes oldest first
 * @param {number} n
 * @returns {Line}
 */
export function rsi(closes, n) {
  let [up, down] = [0, 0];
  return closes.map((close, i) => {
    if (i === 0) return null;
    const move = close - closes[i - 1];
    const [rose, fell] = [Math.max(move, 0), Math.max(-move, 0)];
    if (i <= n) [up, down] = [up + rose / n, down + fell / n];
    else [up, down] = [up + (rose - up) / n, down + (fell - down) / n];
    if (i < n) return null;
    return up + down === 0 ? 50 : (100 * up) / (up + down);
  });
}
