/** Candles of one interval: a past asked for once, carried on by closed minutes and the forming one. */

/** @typedef {[at: number, open: number, high: number, low: number, close: number, volume: number]} Candle */
/** @typedef {{open_time: number, open: number, high: number, low: number, close: number, volume: number}} Minute */

const MINUTE_MS = 60_000;
const MOST = 1500;

export class CandleSeries {
  /** Closed minutes only, oldest first. @type {Candle[]} */
  #past = [];
  #interval;
  /** Open time of the last minute that is folded in. */
  #through = -Infinity;

  /** @param {number} intervalMs */
  constructor(intervalMs) {
    this.#interval = intervalMs;
  }

  /**
   * Start over with a past.
   * @param {Candle[]} candles of this interval, oldest first
   * @param {number} through open time of the last minute they hold
   */
  load(candles, through) {
    this.#past = candles.map((candle) => [...candle]);
    this.#through = through;
  }

  /**
   * Fold a closed minute in; one that is in already changes nothing.
   * @param {Minute} minute
   */
  close(minute) {
    if (minute.open_time <= this.#through) return;
    this.#through = minute.open_time;
    const last = this.#past.at(-1);
    const at = this.#start(minute.open_time);
    if (last && last[0] === at) this.#past[this.#past.length - 1] = joined(last, minute);
    else this.#past.push(candleOf(at, minute));
    if (this.#past.length > MOST) this.#past.splice(0, this.#past.length - MOST);
  }

  /**
   * Whether minutes are missing between ours and the forming one.
   * @param {number} openTime of the forming minute
   */
  misses(openTime) {
    return openTime - this.#through > MINUTE_MS || openTime < this.#through;
  }

  /**
   * All candles, the last with the forming minute in it.
   * @param {Minute | null} forming
   * @returns {Candle[]} oldest first
   */
  with(forming) {
    const last = this.#past.at(-1);
    if (!forming || forming.open_time <= this.#through || (last && forming.open_time < last[0])) return this.#past;
    const at = this.#start(forming.open_time);
    if (last && last[0] === at) return [...this.#past.slice(0, -1), joined(last, forming)];
    return [...this.#past, candleOf(at, forming)];
  }

  /** @param {number} at @returns {number} */
  #start(at) {
    return Math.floor(at / this.#interval) * this.#interval;
  }
}

/** @param {number} at @param {Minute} minute @returns {Candle} */
function candleOf(at, { open, high, low, close, volume }) {
  return [at, open, high, low, close, volume];
}

/** @param {Candle} candle @param {Minute} minute @returns {Candle} */
function joined([at, open, high, low, , volume], minute) {
  return [at, open, Math.max(high, minute.high), Math.min(low, minute.low), minute.close, volume + minute.volume];
}

/**
 * The forming minute that a price carries.
 * @param {Record<string, any> | undefined} price
 * @returns {Minute | null}
 */
export function formingOf(price) {
  if (!price) return null;
  const { open_time, open, high, low, last, volume } = price;
  return { open_time, open, high, low, close: last, volume };
}

/**
 * Index of the candle that a time falls into, or of the one before it.
 * @param {Candle[]} candles oldest first
 * @param {number} at ms
 * @returns {number} −1 when it is before all of them
 */
export function indexAt(candles, at) {
  let low = 0;
  let high = candles.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (candles[middle][0] <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
