/** Where an axis is labelled: round times that fit, and the few values a person reads. */

import { day, hourMinute, zone } from "../time.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const STEPS = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2 * 1440, 5 * 1440, 7 * 1440, 14 * 1440, 28 * 1440, 91 * 1440, 364 * 1440].map((minutes) => minutes * MINUTE);
const LABEL_PX = 68;

/**
 * Round times between two times, few enough for the width.
 * @param {number} from ms
 * @param {number} to ms
 * @param {number} width px
 * @returns {{at: number, text: string}[]}
 */
export function timeTicks(from, to, width) {
  const most = Math.max(2, Math.floor(width / LABEL_PX));
  const step = STEPS.find((ms) => (to - from) / ms <= most) ?? STEPS[STEPS.length - 1];
  const ticks = [];
  // Round by the clock that is read: where it is set forward or back on the way, by its end.
  const shift = zone.shift(to);
  for (let round = Math.ceil((from + shift) / step) * step; round < to + shift; round += step) {
    const at = round - shift;
    ticks.push({ at, text: step >= DAY || (to - from > 2 * DAY && round % DAY === 0) ? day(at) : hourMinute(at) });
  }
  return ticks;
}

/**
 * Values worth a label, without those that would touch an earlier one.
 * @param {number[]} values most important first
 * @param {number} gap least distance
 * @returns {number[]}
 */
export function apart(values, gap) {
  /** @type {number[]} */
  const kept = [];
  for (const value of values) if (kept.every((other) => Math.abs(other - value) >= gap)) kept.push(value);
  return kept;
}

/**
 * Round values inside a range.
 * @param {number} low
 * @param {number} high
 * @param {number} most
 * @returns {number[]}
 */
export function roundTicks(low, high, most) {
  const raw = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((size) => size >= raw) ?? 10 * power;
  const ticks = [];
  for (let k = Math.ceil(low / step); k * step <= high; k += 1) ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}
