/** Tells the server how long the way to this page takes: nobody else can measure it. */

/** @typedef {import("../main.js").App} App */

const MOST = 20;
const LATE_MS = 10_000;

export class VitalsReport {
  #app;
  /** Delays of events from the engine's stamp to here, ms. @type {number[]} */
  #delays = [];
  /** How long the report before took there and back, ms. @type {number | null} */
  #trip = null;
  #stop;

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
    this.#stop = app.store.listen((/** @type {string} */ type, /** @type {any} */ data) => this.#hear(type, data.at));
  }

  stop() {
    this.#stop?.();
  }

  async send() {
    const body = { trip_ms: this.#trip, delays_ms: this.#delays };
    this.#delays = [];
    const sentAt = performance.now();
    try {
      await this.#app.api.post("api/vitals", body);
      const trip = performance.now() - sentAt;
      this.#trip = trip < LATE_MS ? Math.round(trip * 10) / 10 : null;
    } catch {
      this.#trip = null;  // the next one tells
    }
  }

  /** @param {string} type @param {number} at */
  #hear(type, at) {
    const delay = Date.now() - at;
    // Later ones were missed while away; earlier ones tell that two clocks differ.
    if (this.#app.store.state?.engine.speed !== 1 || type === "snapshot" || !(delay >= 0 && delay < LATE_MS)) return;
    this.#delays.push(delay);
    if (this.#delays.length > MOST) this.#delays.shift();
  }
}
