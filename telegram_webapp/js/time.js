/** Time on the page: the engine's clock as we know it, ages, and times of day. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TOLERANCE_MS = 1500;

/**
 * The engine's clock seen from here: set by what it sends, carried on by our monotonic clock.
 *
 * It may run faster than real time (a replay) and stands still when nobody drives it.
 */
export class EngineClock {
  #at = 0;
  #seen = 0;
  #speed = 1;
  #monotonic;

  /** @param {() => number} [monotonic] real ms that never go back */
  constructor(monotonic = () => performance.now()) {
    this.#monotonic = monotonic;
  }

  /** Engine ms for each real ms; 0 while it stands still. */
  get speed() {
    return this.#speed;
  }

  /** Ms since the epoch, UTC, of the engine; 0 before it was heard. @returns {number} */
  now() {
    return this.#at && this.#at + (this.#monotonic() - this.#seen) * this.#speed;
  }

  /** How old something of the engine's time is, ms. @param {number} at @returns {number} */
  ageMs(at) {
    return Math.max(0, this.now() - at);
  }

  /**
   * Take the engine's word for the time.
   * @param {number} at
   * @param {boolean} [force] also when it is only a little behind, as every message is
   */
  hear(at, force = false) {
    const behind = this.now() - at;
    if (!force && behind > 0 && behind < TOLERANCE_MS * Math.max(1, this.#speed)) return;
    this.#at = at;
    this.#seen = this.#monotonic();
  }

  /** @param {number} speed engine ms for each real ms */
  run(speed) {
    if (speed === this.#speed) return;
    this.#at = this.now();
    this.#seen = this.#monotonic();
    this.#speed = speed;
  }
}

/**
 * An age in few characters: `0.4s`, `48s`, `26m`, `3h 12m`, `9d`.
 * @param {number} ms
 * @returns {string}
 */
export function age(ms) {
  if (ms < 10 * SECOND) return `${(Math.floor(Math.max(0, ms) / 100) / 10).toFixed(1)}s`;
  return span(ms);
}

/**
 * An age in whole units, for lists: `3s`, `48s`, `26m`, `3h 12m`, `9d`.
 * @param {number} ms
 * @returns {string}
 */
export function span(ms) {
  const whole = Math.max(0, ms);
  if (whole < MINUTE) return `${Math.floor(whole / SECOND)}s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}m`;
  if (whole >= 2 * DAY) return `${Math.floor(whole / DAY)}d`;
  const minutes = Math.floor((whole % HOUR) / MINUTE);
  return `${Math.floor(whole / HOUR)}h${minutes ? ` ${minutes}m` : ""}`;
}

/**
 * An age with one unit, else the date: for columns.
 * @param {number} at ms
 * @param {number} now ms
 * @returns {string}
 */
export function ago(at, now) {
  const ms = Math.max(0, now - at);
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)}s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)}h`;
  return ms < 10 * DAY ? `${Math.floor(ms / DAY)}d` : day(at);
}

/**
 * When something was, in a sentence: `5m ago`, `12 Nov`.
 * @param {number} at ms
 * @param {number} now ms
 * @returns {string}
 */
export function past(at, now) {
  return now - at < 10 * DAY ? `${ago(at, now)} ago` : day(at);
}

/** By which clock times of day are told; display.js changes it for those who wish so. */
export const zone = {
  name: "UTC",
  /** How far it is ahead of UTC, ms. @param {number} _ when @returns {number} */
  shift: (_) => 0,
};

/** @param {number} at @returns {string} ISO text of that clock, or "" for a time that is none */
const iso = (at) => (Number.isFinite(at) ? new Date(at + zone.shift(at)).toISOString() : "");

/** `14:31` @param {number} at @returns {string} */
export const hourMinute = (at) => iso(at).slice(11, 16);

/** `14:31:16` @param {number} at @returns {string} */
export const hourMinuteSecond = (at) => iso(at).slice(11, 19);

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `29 Oct` @param {number} at @param {number} [shift] 0 for the day of UTC @returns {string} */
export function day(at, shift = zone.shift(at)) {
  const date = new Date(at + shift);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

/** `21 Nov 2026` @param {number} at @param {number} [shift] 0 for the day of UTC @returns {string} */
export const fullDay = (at, shift = zone.shift(at)) => `${day(at, shift)} ${new Date(at + shift).getUTCFullYear()}`;

/**
 * The time of day, with the date when it is not today's.
 * @param {number} at
 * @param {number} now
 * @returns {string}
 */
export function when(at, now) {
  return fullDay(at) === fullDay(now) ? hourMinute(at) : `${day(at)}, ${hourMinute(at)}`;
}
