/** How long a candle may be, and how much past each length asks for. */

const MINUTE_MS = 60_000;

export const INTERVALS = {
  "1m": { ms: MINUTE_MS, hours: 6 },
  "5m": { ms: 5 * MINUTE_MS, hours: 24 },
  "15m": { ms: 15 * MINUTE_MS, hours: 72 },
  "1h": { ms: 60 * MINUTE_MS, hours: 240 },
};

/** @typedef {keyof typeof INTERVALS} Interval */
