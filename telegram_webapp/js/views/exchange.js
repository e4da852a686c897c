/** The exchange: how it answers, each of its streams, the account there, paper beside live. */

import { h } from "../dom.js";
import { headOf } from "./loaded.js";
import { paperLiveCard } from "./paper_live_card.js";
import { realAccountCard } from "./real_account_card.js";
import { stopCard } from "./stop_card.js";
import { streamsCard } from "./streams_card.js";
import { symbolsCard } from "./symbols_card.js";
import { venueCard } from "./venue_card.js";

/** @typedef {import("../main.js").App} App */
/**
 * The exchange as the engine told it when it was asked last.
 * @typedef {object} Asked
 * @property {number} at engine clock, ms
 * @property {boolean} stale
 * @property {Record<string, any> | null} venue
 * @property {Record<string, any>[]} streams
 */

const EVERY_MS = 2000;
/** While nobody touches the page, or bytes are dear; the state tells of trouble meanwhile. */
const SELDOM_MS = 30_000;
const WATCHED = ["engine", "feed", "venue", "streams", "real_account", "paper_vs_live", "prices", "connection", "role", "time"];

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const cards = { stop: stopCard(app), venue: venueCard(app), account: realAccountCard(app), streams: streamsCard(app), paper: paperLiveCard(app), symbols: symbolsCard(app) };
  const column = (/** @type {{el: HTMLElement}[]} */ ...of) => h("div.more-column", {}, h("div.part.stack", {}, ...of.map(({ el }) => el)));
  root.append(h("div.more-view.pair", {}, headOf(app, "Exchange"),
    column(cards.stop, cards.account, cards.venue, cards.symbols), column(cards.streams, cards.paper)));
  /** @type {Asked | null} */
  let asked = null;
  let gone = false;
  let askedAt = -SELDOM_MS;
  const timer = setInterval(() => void ask(), EVERY_MS);
  void ask();

  return {
    update(state, changed) {
      if (state && WATCHED.some((name) => changed.has(name))) show(state);
    },
    unmount() {
      gone = true;
      clearInterval(timer);
    },
  };

  /** @param {import("../fold.js").State} state */
  function show(state) {
    // What was told since is newer where it stands in the state; ages are only in the answer.
    const venue = state.venue?.exchange ? state.venue : asked?.venue ?? null;
    if (asked && performance.now() - askedAt > 2 * EVERY_MS) asked = null;
    cards.stop.update();
    cards.venue.update(state, venue);
    cards.streams.update(state, asked);
    cards.account.update(state);
    cards.paper.update(state);
    cards.symbols.update(state);
  }

  /** Ask for ages and counts as they are now, which no stream tells all the time. */
  async function ask() {
    const pauseMs = app.live?.pace.rate === "live" ? 0 : SELDOM_MS;
    if (document.hidden || !app.role || performance.now() - askedAt < pauseMs) return;
    askedAt = performance.now();
    try {
      const answer = await app.api.get("api/connection");
      if (gone) return;
      asked = answer;
      if (app.store.state) show(app.store.state);
    } catch {
      // The top bar says what is wrong with the way to the server.
      asked = null;
    }
  }
}
