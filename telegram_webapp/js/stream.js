/**
 * One stream of events over fetch, for as long as it is wanted: it reconnects by itself.
 *
 * The end of a body means nothing, even a clean one; only the next answer tells. Waits have
 * full jitter, so that a thousand pages do not come back in the same instant.
 */

import { SseParser } from "./sse_parser.js";

/** @typedef {{type: string, data: any, id: string | undefined}} StreamEvent */
/**
 * @typedef {object} Status
 * @property {"closed" | "connecting" | "open" | "waiting" | "denied"} phase
 * @property {number} [retryMs] how long a waiting stream waits
 */
/**
 * @typedef {object} StreamOptions
 * @property {(signal: AbortSignal) => Promise<Response>} request asks for the stream
 * @property {(event: StreamEvent) => void} onEvent
 * @property {(status: Status) => void} onStatus
 * @property {(bytes: number) => void} [onBytes] what came, without heads
 * @property {() => number} [random] 0 to 1
 * @property {Partial<typeof TIMING>} [timing]
 */

const TIMING = { baseMs: 500, capMs: 30000, stableMs: 10000, watchdogMs: 45000, renewalMs: 2000 };
const DENIED = 401;
const BUSY = [429, 503];
const MAX_RETRY_AFTER_S = 300;

export class EventStream {
  #options;
  #timing;
  #failures = 0;
  /** @type {number | null} */
  #retry = null;
  #attempting = false;
  /** Whether the next attempt follows a connection that was well. */
  #renewing = false;
  /** @type {AbortController | null} */
  #wanted = null;
  /** @type {() => void} */
  #wake = () => {};
  /** @type {() => void} */
  #cut = () => {};

  /** @param {StreamOptions} options */
  constructor(options) {
    this.#options = options;
    this.#timing = { ...TIMING, ...options.timing };
  }

  /** Begin, unless it already runs. */
  open() {
    if (this.#wanted) return;
    this.#wanted = new AbortController();
    void this.#run(this.#wanted.signal);
  }

  /** Stop; what is half read is discarded. */
  close() {
    if (!this.#wanted) return;
    this.#end({ phase: "closed" });
  }

  /**
   * Do not wait any longer.
   * @param {boolean} [doubtful] also leave a connection that seems open
   */
  retryNow(doubtful = false) {
    this.#failures = 0;
    this.#wake();
    if (doubtful) this.#cut();
  }

  /** Change the connection for one as `request` asks for now; nobody is told if that goes well. */
  renew() {
    if (!this.#attempting) return;
    this.#renewing = true;
    this.#cut();
  }

  /** Leave this connection; the next one comes after the usual wait. */
  drop() {
    this.#cut();
  }

  /** @param {Status} status */
  #end(status) {
    this.#wanted?.abort();
    this.#wanted = null;
    this.#wake();
    this.#options.onStatus(status);
  }

  /** @param {AbortSignal} unwanted */
  async #run(unwanted) {
    while (!unwanted.aborted) {
      this.#attempting = true;
      const retryMs = await this.#attempt(unwanted);
      this.#attempting = false;
      if (unwanted.aborted) return;
      if (this.#renewing) continue;
      this.#options.onStatus({ phase: "waiting", retryMs });
      await this.#sleep(retryMs, unwanted);
    }
  }

  /**
   * One connection from request to end.
   * @param {AbortSignal} unwanted
   * @returns {Promise<number>} how long to wait before the next, ms
   */
  async #attempt(unwanted) {
    const cut = new AbortController();
    const stop = () => cut.abort();
    this.#cut = stop;
    unwanted.addEventListener("abort", stop);
    const watchdog = new Watchdog(this.#timing.watchdogMs, stop);
    const late = this.#announce();
    this.#retry = null;
    let after = 0;
    let openedAt = 0;
    try {
      const answer = await this.#options.request(cut.signal);
      after = this.#judge(answer, unwanted);
      clearTimeout(late);
      openedAt = performance.now();
      if (isStream(answer)) await this.#read(answer, watchdog, unwanted);
    } catch {
      // A refused connection, a cut one, silence or a broken frame: all end in the next attempt.
    } finally {
      clearTimeout(late);
      watchdog.stop();
      unwanted.removeEventListener("abort", stop);
      cut.abort();
    }
    if (openedAt && performance.now() - openedAt >= this.#timing.stableMs) this.#failures = 0;
    return this.#renewing ? 0 : Math.max(after, this.#retry ?? this.#backoff());
  }

  /** Say that we connect: at once, or of a renewal only when it takes long. @returns {number} timer */
  #announce() {
    const say = () => this.#options.onStatus({ phase: "connecting" });
    const quiet = this.#renewing;
    this.#renewing = false;
    if (quiet) return setTimeout(say, this.#timing.renewalMs);
    say();
    return 0;
  }

  /** @returns {number} ms, full jitter */
  #backoff() {
    const { baseMs, capMs } = this.#timing;
    const random = this.#options.random ?? Math.random;
    return random() * Math.min(capMs, baseMs * 2 ** this.#failures++);
  }

  /**
   * Act on the status of an answer.
   * @param {Response} answer
   * @param {AbortSignal} unwanted
   * @returns {number} ms the server asks us to stay away
   */
  #judge(answer, unwanted) {
    if (answer.status === DENIED && !unwanted.aborted) this.#end({ phase: "denied" });
    if (!BUSY.includes(answer.status)) return 0;
    return retryAfterMs(answer.headers.get("Retry-After"));
  }

  /**
   * @param {Response} answer
   * @param {Watchdog} watchdog
   * @param {AbortSignal} unwanted
   */
  async #read(answer, watchdog, unwanted) {
    const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader();
    const parser = new SseParser(
      (event) => this.#options.onEvent({ ...event, data: JSON.parse(event.data) }),
      (ms) => { this.#retry = Math.min(ms, this.#timing.capMs); },
    );
    this.#options.onStatus({ phase: "open" });
    for (;;) {
      const { done, value } = await reader.read();
      if (done || unwanted.aborted) return;
      watchdog.feed();
      this.#options.onBytes?.(value.length);
      parser.feed(value);
    }
  }

  /** @param {number} ms @param {AbortSignal} unwanted */
  #sleep(ms, unwanted) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => { clearTimeout(timer); resolve(undefined); };
      if (unwanted.aborted) this.#wake();
    });
  }
}

/** Barks when nothing was heard for a while. */
class Watchdog {
  #ms;
  #bark;
  #timer;

  /** @param {number} ms @param {() => void} bark */
  constructor(ms, bark) {
    this.#ms = ms;
    this.#bark = bark;
    this.#timer = setTimeout(bark, ms);
  }

  feed() {
    this.stop();
    this.#timer = setTimeout(this.#bark, this.#ms);
  }

  stop() {
    clearTimeout(this.#timer);
  }
}

/** A tunnel's page or a proxy's error is no stream, whatever its status. @param {Response} answer */
function isStream(answer) {
  return answer.status === 200 && Boolean(answer.headers.get("Content-Type")?.startsWith("text/event-stream"));
}

/**
 * Read a Retry-After header, in seconds or as a date.
 * @param {string | null} text
 * @returns {number} ms
 */
export function retryAfterMs(text) {
  if (!text) return 0;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.min(seconds, MAX_RETRY_AFTER_S)) * 1000 : 0;
}
