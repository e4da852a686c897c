/** How often this page wants to be told: often while somebody touches it, seldom when nobody does. */

import { recall, remember } from "./memory.js";

/** As the server knows them, the most frequent first. @typedef {"live" | "balanced" | "saver"} Rate */

/** @type {readonly Rate[]} */
export const RATES = ["live", "balanced", "saver"];
const KEY = "rate";
const IDLE_MS = 30000;
const TOUCHES = ["pointerdown", "pointermove", "keydown", "wheel", "touchmove", "scroll"];

/** Return the most frequent of some rates. @param {Iterable<Rate>} rates @returns {Rate} */
export function fastest(rates) {
  const wanted = new Set(rates);
  return RATES.find((rate) => wanted.has(rate)) ?? "live";
}

export class Pace {
  #changed;
  #idleMs;
  #touchedAt = performance.now();
  #idle = false;
  /** @type {Rate | null} */
  #chosen;

  /**
   * @param {() => void} changed called when another rate is wanted
   * @param {{idleMs?: number}} [timing]
   */
  constructor(changed, { idleMs = IDLE_MS } = {}) {
    this.#changed = changed;
    this.#idleMs = idleMs;
    const kept = recall(KEY);
    this.#chosen = RATES.find((rate) => rate === kept) ?? null;
    for (const type of TOUCHES) addEventListener(type, () => this.touch(), { capture: true, passive: true });
    this.#watch(idleMs);
  }

  /** What the person chose on this device, or what suits its network. @returns {Rate} */
  get choice() {
    return this.#chosen ?? suggested();
  }

  /** The rate that is wanted now. @returns {Rate} */
  get rate() {
    return this.choice === "balanced" && !this.#idle ? "live" : this.choice;
  }

  /** @param {Rate} rate */
  choose(rate) {
    this.#chosen = rate;
    remember(KEY, rate);
    this.#changed();
  }

  /** Somebody is there. */
  touch() {
    this.#touchedAt = performance.now();
    if (this.#idle) this.#turn(false);
  }

  /** @param {number} ms until somebody may have been gone for long enough */
  #watch(ms) {
    setTimeout(() => {
      const left = this.#idleMs - (performance.now() - this.#touchedAt);
      if (left <= 0 && !this.#idle) this.#turn(true);
      this.#watch(left > 0 ? left : this.#idleMs);
    }, ms);
  }

  /** @param {boolean} idle */
  #turn(idle) {
    const before = this.rate;
    this.#idle = idle;
    if (this.rate !== before) this.#changed();
  }
}

/** @returns {Rate} */
function suggested() {
  const network = /** @type {any} */ (navigator).connection;
  if (network?.saveData || network?.type === "cellular") return "saver";
  return isLoopback() ? "live" : "balanced";
}

const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/;

/** Whether the server is this machine, to which bytes cost nothing. @returns {boolean} */
export function isLoopback() {
  return LOOPBACK.test(location.hostname);
}
