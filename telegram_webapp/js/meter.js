/** How many bytes came over the stream, in all and lately. */

const WINDOW_MS = 60000;
const SLICE_MS = 1000;

export class Meter {
  /** Bytes since the page was opened. */
  total = 0;
  /** Bytes by slice of time, oldest first. @type {{at: number, bytes: number}[]} */
  #slices = [];
  #since = performance.now();

  /** @param {number} bytes */
  add(bytes) {
    const now = performance.now();
    this.total += bytes;
    const last = this.#slices.at(-1);
    if (last && now - last.at < SLICE_MS) last.bytes += bytes;
    else this.#slices.push({ at: now, bytes });
    while (this.#slices[0].at < now - WINDOW_MS) this.#slices.shift();
  }

  /** Begin the last minute anew: what came before was told at another rate. */
  restart() {
    this.#slices = [];
    this.#since = performance.now();
  }

  /** Bytes a second, over at most the last minute. @returns {number} */
  perSecond() {
    const now = performance.now();
    const window = Math.max(SLICE_MS, Math.min(WINDOW_MS, now - this.#since));
    const recent = this.#slices.filter(({ at }) => at > now - window);
    return recent.reduce((sum, { bytes }) => sum + bytes, 0) / (window / 1000);
  }
}
