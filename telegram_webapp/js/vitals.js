/** How well this page hears the engine: what came, how often, and how long it took to come. */

const KEPT = 300;
const WINDOW_MS = 10_000;
const LATE_MS = 10_000;

export class Vitals {
  /** Events since the page was opened. */
  received = 0;
  /** When recent events came, monotonic ms, oldest first. @type {number[]} */
  #times = [];
  /** Recent delays, ms, oldest first. @type {number[]} */
  #delays = [];
  #opens;
  #since = performance.now();

  /**
   * @param {import("./store.js").Store} store
   * @param {() => number} opens how often the stream was opened
   */
  constructor(store, opens) {
    this.#opens = opens;
    store.listen((type, data) => this.#hear(type, data.at, store.state?.engine.speed));
  }

  /** How often the stream was opened again. */
  get reconnects() {
    return Math.max(0, this.#opens() - 1);
  }

  /** Events a second, over the last ten. @returns {number} */
  rate() {
    const now = performance.now();
    const recent = this.#times.filter((time) => time > now - WINDOW_MS);
    if (recent.length < 2) return 0;
    const since = recent.length === KEPT || now - this.#since < WINDOW_MS ? recent[0] : now - WINDOW_MS;
    return recent.length / Math.max(1, (now - since) / 1000);
  }

  /**
   * How long recent events took from the engine to here.
   * @param {number} share 0.5 is the median
   * @returns {number | null} ms; null when it cannot be told: nothing came, the engine's clock is
   *     not the wall's, or this machine's clock is another
   */
  delay(share) {
    if (!this.#delays.length) return null;
    const sorted = [...this.#delays].sort((a, b) => a - b);
    const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    return value < 0 ? null : value;
  }

  /** @param {string} type @param {number} at @param {number | null | undefined} speed */
  #hear(type, at, speed) {
    this.received += 1;
    this.#times.push(performance.now());
    if (this.#times.length > KEPT) this.#times.shift();
    const delay = Date.now() - at;
    if (speed !== 1) this.#delays = [];
    // What is later than this was missed while away and came when the stream was resumed.
    else if (type !== "snapshot" && delay < LATE_MS) this.#delays.push(delay);
    if (this.#delays.length > KEPT) this.#delays.shift();
  }
}
