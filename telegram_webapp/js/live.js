/** The way from the server to the store: stream, tabs, presence, heartbeats, the clock. */

import { CHANGES, expand } from "./changes.js";
import { Meter } from "./meter.js";
import { Pace, fastest, isLoopback } from "./pace.js";
import { watchPresence } from "./presence.js";
import { EventStream } from "./stream.js";
import { SharedStream, canShare } from "./tabs.js";

/** @typedef {import("./stream.js").Status} Status */
/** @typedef {import("./stream.js").StreamEvent} StreamEvent */
/**
 * @typedef {object} Heartbeat
 * @property {number} at wall clock of the server, ms
 * @property {string} engine "up" or "away"
 * @property {number | null} engine_at engine clock, ms
 * @property {number | null} engine_age_ms
 * @property {number | null} away_since wall clock, ms
 * @property {string} [role]
 */

/** @typedef {Omit<import("./connection.js").Facts, "me">} Facts */

const STREAM_PATH = "api/dashboard/stream";
const WHOLE_MS = 5000;

export class Live {
  /** How often the stream was opened. */
  opens = 0;
  /** How often we want to be told. */
  pace = new Pace(() => this.#repace());
  /** What this tab read. */
  meter = new Meter();
  /** How often the stream tells. */
  rate = this.pace.rate;
  #options;
  #stream;
  #shared;
  #wanted = false;
  #shown = false;
  /** @type {Status} */
  #status = { phase: "closed" };
  #since = performance.now();
  #notOpenSince = performance.now();
  #startedAt = performance.now();
  #heardAt = performance.now();
  /** @type {Heartbeat | null} */
  #heartbeat = null;
  #heartbeatSeen = 0;

  /**
   * @param {object} options
   * @param {import("./api.js").Api} options.api
   * @param {import("./store.js").Store} options.store
   * @param {import("./time.js").EngineClock} options.clock
   * @param {import("./boot.js").Boot} options.boot what events are made of
   * @param {() => void} options.onChange the connection may read differently now
   * @param {() => void} options.onDenied the server does not know us
   * @param {(role: string | undefined) => void} options.onRole
   */
  constructor(options) {
    this.#options = options;
    this.#stream = new EventStream({
      request: (signal) => this.#request(signal),
      onEvent: (event) => (this.#shared ? this.#shared.relayEvent(event) : this.#receive(event)),
      onStatus: (status) => (this.#shared ? this.#shared.relayStatus(status) : this.#follow(status)),
      onBytes: (bytes) => this.meter.add(bytes),
    });
    this.#shared = canShare() && !options.api.alone ? this.#share() : null;
    this.#shared?.want(this.rate);
    watchPresence({
      show: () => this.#show(true),
      hide: () => this.#show(false),
      wake: () => this.retryNow(),
    });
  }

  /** Read from now on, whenever the page is shown. */
  start() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#startedAt = this.#notOpenSince = performance.now();
    this.#decide();
  }

  /**
   * Read no more.
   * @param {boolean} known whether the visitor is; if not, then in no other tab either
   */
  stop(known) {
    if (this.#wanted && !known) this.#shared?.leave();
    this.#wanted = false;
    this.#heartbeat = null;
    this.#decide();
  }

  /** Another rate is wanted; of several tabs' wishes the most frequent holds. */
  #repace() {
    if (this.#shared) this.#shared.want(this.pace.rate);
    else this.#run(this.pace.rate);
  }

  /** Do not wait for the next attempt. @param {boolean} [doubtful] see stream.js */
  retryNow(doubtful = false) {
    if (!this.#wanted || !this.#shown) return;
    (this.#shared ?? this.#stream).retryNow(doubtful);
    this.#options.onChange();
  }

  /** What connection.js wants to know. @returns {Facts} */
  facts() {
    const now = performance.now();
    const { store, clock } = this.#options;
    const beat = this.#heartbeat;
    const since = beat?.away_since ?? beat?.at ?? 0;
    return {
      phase: this.#status.phase,
      phaseMs: this.#status.phase === "open" ? 0 : now - this.#notOpenSince,
      retryMs: Math.max(0, (this.#status.retryMs ?? 0) - (now - this.#since)),
      waitedMs: this.#wanted ? now - this.#startedAt : 0,
      silentMs: this.#status.phase === "open" ? now - this.#heardAt : 0,
      // A machine without a network still reaches itself.
      online: navigator.onLine || (this.#status.phase === "open" && isLoopback()),
      heartbeat: beat,
      awayMs: beat ? beat.at + (now - this.#heartbeatSeen) - since : 0,
      marketMs: marketAge(store.state, clock),
      heardAt: store.state ? lastHeard(store.state) : 0,
      state: store.state,
    };
  }

  /** @returns {SharedStream} */
  #share() {
    const { store } = this.#options;
    return new SharedStream({
      name: `quarterdeck ${this.#options.api.url("")}`,
      stream: this.#stream,
      present: () => ({ state: store.state, place: store.place, heartbeat: this.#heartbeat }),
      onPresent: ({ state, place, heartbeat }) => {
        if (state && place !== store.place) store.reset(state, place);
        if (heartbeat) this.#beat(heartbeat);
        this.#keepTime(state ? lastHeard(state) : 0);
      },
      onEvent: (event) => this.#receive(event),
      onStatus: (status) => this.#follow(status),
      onWishes: (rates) => this.#run(fastest(rates)),
    });
  }

  /** Read at another rate, from the same place on. @param {import("./pace.js").Rate} rate */
  #run(rate) {
    if (rate === this.rate) return;
    this.rate = rate;
    this.meter.restart();
    this.#stream.renew();
    this.#options.onChange();
  }

  /** @param {AbortSignal} signal @returns {Promise<Response>} */
  async #request(signal) {
    const { api, store } = this.#options;
    if (!store.place) await this.#whole(signal);
    /** @type {Record<string, string>} */
    const headers = { ...api.headers(), Accept: "text/event-stream" };
    if (store.place) headers["Last-Event-ID"] = store.place;
    return fetch(api.url(STREAM_PATH, { rate: this.rate === "live" ? null : this.rate }), { headers, signal, cache: "no-store" });
  }

  /** Get the state in a compressed answer: in a stream it takes ten times the bytes. @param {AbortSignal} signal */
  async #whole(signal) {
    const { api } = this.#options;
    try {
      const answer = await fetch(api.url("api/dashboard"), { headers: api.headers(), signal: AbortSignal.any([signal, AbortSignal.timeout(WHOLE_MS)]) });
      const data = answer.ok && (await answer.json());
      if (!data?.state) return;
      const event = { type: "snapshot", data, id: `${data.epoch}-${data.seq}` };
      if (this.#shared) this.#shared.relayEvent(event);
      else this.#receive(event);
    } catch {
      // The stream begins with it then.
    }
  }

  /** @param {boolean} shown */
  #show(shown) {
    this.#shown = shown;
    if (shown) this.pace.touch();
    this.#decide();
  }

  #decide() {
    const source = this.#shared ?? this.#stream;
    if (this.#wanted && this.#shown) source.open();
    else source.close();
  }

  /** @param {StreamEvent} event */
  #receive({ type, data, id }) {
    this.#heardAt = performance.now();
    if (type === "heartbeat") return this.#beat(data);
    const { store } = this.#options;
    if (id && type !== "snapshot" && !isAfter(id, store.place)) return undefined;
    if (type === CHANGES) {
      if (!store.state || !id || !follows(id, data.n, store.place)) return this.#lost();
      const { fields, fold } = this.#options.boot;
      store.fold(expand(fields, fold, store.state, data), id);
    } else {
      store.apply(type, data, id);
    }
    return this.#keepTime(data.at, type === "snapshot");
  }

  /** What came is made for another place than ours: ask for the whole. */
  #lost() {
    this.#options.store.place = "";
    if (this.#shared) this.#shared.rejoin();
    else this.#stream.drop();
  }

  /** @param {Heartbeat} heartbeat */
  #beat(heartbeat) {
    this.#heartbeat = heartbeat;
    this.#heartbeatSeen = performance.now();
    if (heartbeat.engine_at) this.#keepTime(heartbeat.engine_at);
    this.#options.onRole(heartbeat.role);
    this.#options.onChange();
  }

  /** @param {number} at engine clock, ms @param {boolean} [force] */
  #keepTime(at, force = false) {
    const { clock, store } = this.#options;
    clock.run(this.#heartbeat?.engine === "away" ? 0 : paceOf(store.state?.engine));
    if (at) clock.hear(at, force);
  }

  /** @param {Status} status */
  #follow(status) {
    const opened = status.phase === "open";
    if (opened && this.#status.phase !== "open") this.opens += 1;
    if (this.#status.phase === "open" && !opened) this.#notOpenSince = performance.now();
    if (opened) this.#heardAt = performance.now();
    this.#status = status;
    this.#since = performance.now();
    if (status.phase === "denied") this.#options.onDenied();
    this.#options.onChange();
  }
}

/** @param {Record<string, any> | undefined} engine @returns {number} engine ms for each real ms */
function paceOf(engine) {
  return engine?.status === "running" ? engine.speed ?? 0 : 0;
}

/**
 * Whether an id comes after a place of the same stream, or belongs to another.
 * @param {string} id `<epoch>-<seq>`
 * @param {string} place
 */
function isAfter(id, place) {
  const [epoch, seq] = split(id);
  const [known, last] = split(place);
  return epoch !== known || seq > last;
}

/**
 * Whether changes were made from the very place where we are.
 * @param {string} id
 * @param {number} n events that they stand for
 * @param {string} place
 */
function follows(id, n, place) {
  const [epoch, seq] = split(id);
  return place === `${epoch}-${seq - n}`;
}

/** @param {string} id @returns {[string, number]} */
function split(id) {
  const dash = id.lastIndexOf("-");
  return [id.slice(0, dash), Number(id.slice(dash + 1))];
}

/** @param {import("./fold.js").State} state @returns {number} engine clock of the newest message */
function lastHeard(state) {
  const prices = Object.values(state.prices).map((price) => price.at);
  return Math.max(state.feed.last_message_at ?? 0, state.engine.at ?? 0, state.account.at ?? 0, ...prices);
}

/**
 * How old the newest market message is in real time: a replay's minute may last a second.
 * @param {import("./fold.js").State | null} state
 * @param {import("./time.js").EngineClock} clock
 */
function marketAge(state, clock) {
  if (!state || !clock.speed) return 0;
  const prices = Object.values(state.prices).map((price) => price.at);
  return clock.ageMs(Math.max(state.feed.last_message_at ?? 0, ...prices)) / clock.speed;
}
