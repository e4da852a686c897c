/**
 * Several tabs of one browser share one stream: a browser opens six connections to a host.
 *
 * Of the tabs that are open (shown) one holds a Web Lock and reads; it relays every event over
 * a BroadcastChannel. A tab that is hidden closes its share, so the lock goes to one that is
 * shown; whoever takes over resumes from its own place.
 */

/** @typedef {import("./stream.js").StreamEvent} StreamEvent */
/** @typedef {import("./stream.js").Status} Status */
/**
 * What a joining tab is told.
 * @typedef {{state: any, place: string, heartbeat: any}} Present
 */
/**
 * @typedef {object} ShareOptions
 * @property {string} name of this app on this origin
 * @property {import("./stream.js").EventStream} stream
 * @property {() => Present} present
 * @property {(present: Present) => void} onPresent
 * @property {(event: StreamEvent) => void} onEvent
 * @property {(status: Status) => void} onStatus
 * @property {(rates: import("./pace.js").Rate[]) => void} [onWishes] how often the tabs we read for want to be told
 * @property {number} [silenceMs] a leader this quiet is no longer believed
 */

const SILENCE_MS = 45000;

/** Whether this browser lets tabs share. @returns {boolean} */
export function canShare() {
  return "locks" in navigator && "BroadcastChannel" in globalThis;
}

export class SharedStream {
  #options;
  #me = crypto.randomUUID();
  /** @type {BroadcastChannel | null} */
  #channel = null;
  /** @type {AbortController | null} */
  #queue = null;
  /** @type {() => void} */
  #release = () => {};
  #leading = false;
  #joined = false;
  #silence = 0;
  /** @type {import("./pace.js").Rate} */
  #rate = "live";
  /** Of the tabs that we read for. @type {Map<string, import("./pace.js").Rate>} */
  #rates = new Map();
  /** @type {Status} */
  #status = { phase: "closed" };

  /** @param {ShareOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** Whether this tab reads for the others. */
  get leading() {
    return this.#leading;
  }

  /** Take part: lead if nobody does, else follow. */
  open() {
    if (this.#channel) return;
    this.#channel = new BroadcastChannel(this.#options.name);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.#join();
    this.#compete({});
  }

  /** Leave; the next in the queue leads. */
  close() {
    if (!this.#channel) return;
    clearTimeout(this.#silence);
    this.#queue?.abort();
    this.#stepDown();
    this.#say({ kind: "bye" });
    this.#channel.close();
    this.#channel = null;
    this.#options.onStatus({ phase: "closed" });
  }

  /** Do not wait any longer. @param {boolean} [doubtful] see stream.js */
  retryNow(doubtful = false) {
    if (this.#leading) this.#options.stream.retryNow(doubtful);
    else this.#say({ kind: "retry", doubtful });
  }

  /** Be told as often as this; the tab that reads goes by the most frequent wish. @param {import("./pace.js").Rate} rate */
  want(rate) {
    this.#rate = rate;
    if (this.#leading) this.#heed();
    else this.#say({ kind: "wish", rate });
  }

  /** Our state fits no more: get a whole one. */
  rejoin() {
    if (this.#leading) this.#options.stream.drop();
    else this.#join();
  }

  /** Tell the other tabs that the visitor is no longer known, then take no more part. */
  leave() {
    this.#say({ kind: "left" });
    this.close();
  }

  /** Tell an event to everyone: called by the stream of the tab that leads. @param {StreamEvent} event */
  relayEvent(event) {
    this.#options.onEvent(event);
    if (this.#rates.size) this.#say({ kind: "event", event });
  }

  /** Tell the stream's status to everyone. @param {Status} status */
  relayStatus(status) {
    if (!this.#leading) return;
    this.#status = status;
    this.#options.onStatus(status);
    this.#say({ kind: "status", status });
  }

  /** @param {Record<string, any>} message */
  #say(message) {
    this.#channel?.postMessage({ ...message, from: this.#me });
  }

  #join() {
    this.#joined = false;
    this.#say({ kind: "join", rate: this.#rate });
    this.#listenForSilence();
  }

  /** @param {LockOptions} options */
  #compete(options) {
    this.#queue = new AbortController();
    const how = options.steal ? options : { signal: this.#queue.signal };
    navigator.locks.request(this.#options.name, how, () => this.#lead()).catch(() => {
      // Left the queue, or the lock was stolen because we had fallen silent.
      if (this.#leading) this.#deposed();
    });
  }

  /** @returns {Promise<void>} kept while leading */
  #lead() {
    if (!this.#channel) return Promise.resolve();
    clearTimeout(this.#silence);
    this.#leading = true;
    this.#rates.clear();
    this.#heed();
    this.#say({ kind: "leads" });
    this.#options.stream.open();
    return new Promise((resolve) => { this.#release = resolve; });
  }

  #stepDown() {
    this.#leading = false;
    this.#options.stream.close();
    this.#release();
  }

  #deposed() {
    this.#stepDown();
    if (!this.#channel) return;
    this.#join();
    this.#compete({});
  }

  /** @param {any} message */
  #hear(message) {
    if (message.kind === "left") this.#options.onStatus({ phase: "denied" });
    else if (this.#leading) this.#hearAsLeader(message);
    else this.#hearAsFollower(message);
  }

  /** @param {any} message */
  #hearAsLeader({ kind, from, doubtful, rate }) {
    if (kind === "retry") this.#options.stream.retryNow(doubtful);
    if (kind === "join" || kind === "wish") this.#rates.set(from, rate);
    if (kind === "bye") this.#rates.delete(from);
    this.#heed();
    if (kind !== "join") return;
    this.#say({ kind: "welcome", to: from, present: this.#options.present(), status: this.#status });
  }

  #heed() {
    this.#options.onWishes?.([this.#rate, ...this.#rates.values()]);
  }

  /** @param {any} message */
  #hearAsFollower({ kind, to, event, status, present }) {
    if (["join", "retry", "wish", "bye"].includes(kind)) return;
    this.#listenForSilence();
    if (kind === "leads") this.#join();
    else if (kind === "welcome" && to === this.#me) this.#welcome(present, status);
    else if (kind === "event" && this.#joined) this.#options.onEvent(event);
    else if (kind === "status" && this.#joined) this.#options.onStatus(status);
  }

  /** @param {Present} present @param {Status} status */
  #welcome(present, status) {
    this.#joined = true;
    this.#options.onPresent(present);
    this.#options.onStatus(status);
  }

  #listenForSilence() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#queue?.abort();
      this.#compete({ steal: true });
    }, this.#options.silenceMs ?? SILENCE_MS);
  }
}
