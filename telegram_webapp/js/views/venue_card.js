/** How the exchange answers: its clock, its rate limit, until when it must not be asked. */

import { h, setAttr, setText } from "../dom.js";
import { UNKNOWN, capital, counted, digits } from "../format.js";
import { age, hourMinuteSecond, span, zone } from "../time.js";
import { factCard } from "./fact_card.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../fold.js").State} State */
/** @typedef {Record<string, any>} Venue */

const NAMES = /** @type {Record<string, string>} */ ({ binanceusdm: "Binance USDT-M futures", binance: "Binance", bybit: "Bybit", okx: "OKX", kraken: "Kraken", krakenfutures: "Kraken Futures", bitget: "Bitget", gate: "Gate", kucoinfutures: "KuCoin Futures", hyperliquid: "Hyperliquid" });
const MODES = /** @type {Record<string, string>} */ ({
  paper: "Paper: real prices, simulated orders", watch: "Watch: shown, nothing is traded",
  testnet: "Testnet: no real money", live: "Live: real money", simulated: "Simulated: it did not answer",
});
const MARKETS = /** @type {Record<string, string>} */ ({ simulated: "Simulated", replay: "Recording", exchange: "Exchange" });

/** What an exchange is called. @param {string} name as ccxt calls it @returns {string} */
export const exchangeName = (name) => NAMES[name] ?? capital(name);

/** @type {[label: string, read: (venue: Venue, now: number) => string][]} */
const ROWS = [
  ["Name", (venue) => exchangeName(venue.exchange)],
  ["Mode", (venue) => MODES[venue.mode] ?? venue.mode],
  ["Answers", (venue) => (venue.reachable ? "yes" : "no")],
  ["Round trip", ({ round_trip_ms: ms }) => (ms === null ? UNKNOWN : `${digits(ms, 0)} ms`)],
  ["Its clock", ({ skew_ms: ms }) => skewText(ms)],
  ["Rate limit used", (venue) => weightText(venue)],
  ["Not asked until", ({ banned_until: until }, now) => (until && until > now ? `${hourMinuteSecond(until)} ${zone.name}, in ${span(until - now)}` : "")],
];

/** @type {import("./fact_card.js").FactRow[]} */
const FEED = [
  ["Market data", ({ engine, feed }) => `${MARKETS[engine.market] ?? engine.market}, ${feed.status ?? UNKNOWN}`],
  ["Newest message", ({ feed }, app) => (feed.last_message_at ? `${age(app.clock.ageMs(feed.last_message_at))} ago` : UNKNOWN)],
  ["Stale after", ({ feed }) => (feed.stale_after_ms ? span(feed.stale_after_ms) : "")],
  ["Refused as senseless", ({ feed }) => (feed.refused ? counted(feed.refused, "message") : "")],
  ["Engine to page", (state, app) => delay(state, app)],
];

/** @param {App} app */
export function venueCard(app) {
  const feed = factCard("Connection", FEED, app);
  const note = h("p.venue-note", { role: "status" });
  const rows = ROWS.map(([label, read]) => {
    const value = h("dd");
    return { read, value, el: h("div", {}, h("dt", {}, label), value) };
  });
  const list = h("dl.kv", {}, ...rows.map(({ el }) => el));
  feed.el.append(note, list);
  return {
    el: feed.el,
    /** @param {State} state @param {Venue | null} venue */
    update(state, venue) {
      feed.update(state);
      list.hidden = !venue;
      const text = venue ? venue.note : state.engine.market === "exchange" ? "" : state.engine.market === "replay" ? "No exchange is asked: a recording is replayed." : "No exchange is asked: prices are simulated.";
      note.hidden = !text;
      setText(note, text);
      setAttr(note, "data-tone", venue && (!venue.reachable || venue.banned_until) ? "warn" : null);
      if (!venue) return;
      for (const { read, value, el } of rows) {
        const words = read(venue, app.clock.now());
        el.hidden = !words;
        setText(value, words);
      }
    },
  };
}

/** @param {number | null} ms @returns {string} */
function skewText(ms) {
  if (ms === null) return UNKNOWN;
  if (Math.abs(ms) < 10) return "as ours";
  const size = Math.abs(ms) < 1000 ? `${Math.abs(ms)} ms` : Math.abs(ms) < 60_000 ? `${digits(ms / 1000, 2)} s` : span(Math.abs(ms));
  return `${size} ${ms > 0 ? "ahead" : "behind"}, corrected`;
}

/** @param {Venue} venue @returns {string} */
function weightText({ used_weight: used, weight_limit: limit }) {
  return limit ? `${digits(used, 0)} of ${digits(limit, 0)} a minute` : `${digits(used, 0)} this minute`;
}

/** @param {State} state @param {App} app @returns {string} */
function delay({ engine }, app) {
  const ms = engine.speed === 1 ? app.vitals?.delay(0.5) ?? null : null;
  return ms === null ? "" : `${Math.round(ms)} ms, median`;
}
