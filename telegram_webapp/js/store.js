/** The page's only state: the fold of the events that came, and who wants to know. */

import { apply, emptyState } from "./fold.js";

/** @typedef {import("./fold.js").State} State */
/** @typedef {(state: State, sections: Iterable<string>) => void} Subscriber */
/** @typedef {(type: string, data: any) => void} Listener */

export class Store {
  /** @type {State | null} */
  #state = null;
  /** @type {Set<Subscriber>} */
  #subscribers = new Set();
  /** @type {Set<Listener>} */
  #listeners = new Set();
  #table;
  #empty;

  /** @param {import("./fold.js").FoldTable} table */
  constructor(table) {
    this.#table = table;
    this.#empty = emptyState(table);
    /** Id of the last event folded in, `<epoch>-<seq>`: where a stream resumes. @type {string} */
    this.place = "";
  }

  /** The folded state, or null before the first snapshot. */
  get state() {
    return this.#state;
  }

  /** Every section's name. */
  get sections() {
    return Object.keys(this.#empty);
  }

  /**
   * Fold one event in and tell who listens.
   * @param {string} type
   * @param {any} data
   * @param {string} [id] `<epoch>-<seq>`; absent on events that are no place in the stream
   */
  apply(type, data, id) {
    if (type === "snapshot") {
      this.reset(data.state, id || `${data.epoch}-${data.seq}`);
      this.#hand(type, data);
    } else {
      this.fold([[type, data]], id);
    }
  }

  /**
   * Take a whole state; sections it lacks are empty, so an older writer breaks no view.
   * @param {State} state
   * @param {string} place
   */
  reset(state, place) {
    this.#state = { ...this.#empty, ...state };
    this.place = place;
    this.#tell(this.sections);
  }

  /** Forget everything: the visitor is no longer known. */
  clear() {
    this.#state = null;
    this.place = "";
  }

  /**
   * Call *subscriber* whenever sections changed.
   * @param {Subscriber} subscriber
   * @returns {() => void} stops it
   */
  subscribe(subscriber) {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  /**
   * Call *listener* with every event, also those the fold ignores.
   * @param {Listener} listener
   * @returns {() => void} stops it
   */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Fold events in that come as one, and then tell who listens.
   * @param {[type: string, data: any][]} events
   * @param {string} [id] of the last one
   */
  fold(events, id) {
    if (this.#state) {
      for (const [type, data] of events) this.#state = apply(this.#table, this.#state, type, data);
      if (id) this.place = id;
      const sections = new Set(events.flatMap(([type]) => (this.#table[type] ?? []).map(([, section]) => section)));
      if (sections.size) this.#tell([...sections]);
    }
    for (const [type, data] of events) this.#hand(type, data);
  }

  /** @param {string} type @param {any} data */
  #hand(type, data) {
    for (const listener of this.#listeners) listener(type, data);
  }

  /** @param {string[]} sections */
  #tell(sections) {
    for (const subscriber of this.#subscribers) subscriber(/** @type {State} */ (this.#state), sections);
  }
}
