/** Gathers what changed and draws it once per animation frame, never while hidden. */

/** @typedef {(changed: Set<string>) => void} Draw */

const TICK_MS = 1000;

export class Painter {
  #draw;
  /** @type {Set<string>} */
  #changed = new Set();
  #frame = 0;
  #timer = 0;

  /** @param {Draw} draw called with the names of what changed since the last call */
  constructor(draw) {
    this.#draw = draw;
  }

  /** Begin: tick "time" once a second and catch up when the page is shown again. */
  start() {
    document.addEventListener("visibilitychange", () => this.#visibility());
    this.#visibility();
  }

  /**
   * Note that *names* changed; they are drawn at the next frame.
   * @param {Iterable<string>} names
   */
  mark(names) {
    for (const name of names) this.#changed.add(name);
    if (!this.#frame && !document.hidden) {
      this.#frame = requestAnimationFrame(() => this.#paint());
    }
  }

  /** Draw what is due now, for the first figures: they need not wait for a frame. */
  flush() {
    if (this.#changed.size) this.#paint();
  }

  #paint() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const changed = this.#changed;
    this.#changed = new Set();
    this.#draw(changed);
  }

  #visibility() {
    clearInterval(this.#timer);
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (document.hidden) return;
    this.#timer = setInterval(() => this.mark(["time"]), TICK_MS);
    this.mark(["time"]);
  }
}
