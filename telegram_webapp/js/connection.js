/** What the page says about how current it is: one word, one sentence, and what may be done. */

import { age, hourMinute, hourMinuteSecond, span, zone } from "./time.js";

/**
 * What is known about the way from the market to this page.
 * @typedef {object} Facts
 * @property {string} phase of the stream, see stream.js
 * @property {number} phaseMs how long the stream has not been open; 0 while it is
 * @property {number} retryMs until the next attempt
 * @property {number} waitedMs since the page began to ask for the state
 * @property {number} silentMs since anything was heard
 * @property {boolean} online the machine has a network
 * @property {{engine: string, away_since: number | null} | null} heartbeat the newest
 * @property {number} awayMs how long the engine is away
 * @property {number} marketMs age of the newest market message, real ms
 * @property {number} heardAt engine clock when we heard last
 * @property {import("./fold.js").State | null} state
 * @property {string} me as the engine names this visitor; "" while unknown
 */

/**
 * @typedef {object} Banner
 * @property {"warn" | "bad" | "off"} tone
 * @property {string} icon
 * @property {string} title
 * @property {string} detail
 * @property {"retry" | "resume" | "retry_market" | ""} action
 */

/**
 * @typedef {object} Connection
 * @property {string} name
 * @property {string} word
 * @property {"live" | "idle" | "warn" | "bad"} tone
 * @property {string} icon "" is the live dot
 * @property {string} age
 * @property {boolean} frozen figures are not of now
 * @property {boolean} canAct orders may be sent
 * @property {boolean} canPause trading may be paused or resumed
 * @property {Banner | null} banner
 */

/** Before the stream was ever asked for. @type {Facts} */
export const UNCONNECTED = {
  phase: "connecting", phaseMs: 0, retryMs: 0, waitedMs: 0, silentMs: 0, online: true,
  heartbeat: null, awayMs: 0, marketMs: 0, heardAt: 0, state: null, me: "",
};

const LOST_AFTER_MS = 2500;
const SLOW_AFTER_MS = 3000;
/** Without a network an open stream is only believed this long. */
const OFFLINE_AFTER_MS = 3000;
/** Heartbeats come every 15 s. */
const SILENT_AFTER_MS = 20000;
/** The engine itself says when its feed is stale; we doubt it a little later. */
const DOUBT_MS = 5000;

/**
 * Return what to say.
 * @param {Facts} facts
 * @returns {Connection}
 */
export function readConnection(facts) {
  const { state } = facts;
  if (!state) return connecting(facts);
  if (!facts.online && (facts.phase !== "open" || facts.silentMs > OFFLINE_AFTER_MS)) return offline(facts);
  if (facts.phase !== "open" && facts.phaseMs > LOST_AFTER_MS) return lost(facts);
  if (facts.heartbeat?.engine === "away") return away(facts);
  if (state.engine.status === "warming_up") return warmingUp(state.engine);
  if (state.engine.status === "ended") return ended(state.engine);
  if (state.engine.status === "stopping") return stopping();
  if (state.engine.status === "blocked") return blocked(state.engine);
  if (state.feed.status === "waiting") return waiting(state.engine);
  if (state.feed.status === "stale") return stale(facts);
  if (isDelayed(facts)) return delayed(facts);
  return live(facts);
}

/** @param {Facts} facts @returns {boolean} */
function isDelayed({ state, marketMs, silentMs }) {
  return silentMs > SILENT_AFTER_MS || marketMs > (state?.feed.stale_after_ms ?? Infinity) + DOUBT_MS;
}

/**
 * @param {Partial<Connection> & {name: string, word: string}} said
 * @returns {Connection}
 */
function say(said) {
  return { tone: "idle", icon: "clock", age: "", frozen: false, canAct: false, canPause: false, banner: null, ...said };
}

/**
 * @param {Banner["tone"]} tone
 * @param {string} icon
 * @param {string} title
 * @param {string} detail
 * @param {Banner["action"]} [action]
 * @returns {Banner}
 */
function note(tone, icon, title, detail, action = "") {
  return { tone, icon, title, detail, action };
}

/** @param {Facts} facts @returns {Connection} */
function connecting(facts) {
  if (!facts.online) {
    return say({ name: "offline", word: "Offline", tone: "bad", icon: "offline", frozen: true,
      banner: note("off", "offline", "You are offline", "Figures come as soon as there is a network.") });
  }
  const slow = facts.waitedMs > SLOW_AFTER_MS;
  const banner = slow ? slowBanner(facts) : null;
  return say({ name: "connecting", word: "Connecting", banner });
}

/** @param {Facts} facts @returns {Banner} */
function slowBanner({ phase, retryMs }) {
  const next = phase === "waiting" && retryMs >= 1000 ? ` Retrying in ${seconds(retryMs)}.` : "";
  return note("off", "clock", "Still connecting", `The engine may be starting.${next}`, "retry");
}

/** @param {Facts} facts @returns {Connection} */
function offline(facts) {
  return say({ name: "offline", word: "Offline", tone: "bad", icon: "offline", age: age(Math.max(facts.phaseMs, facts.silentMs)), frozen: true,
    banner: note("off", "offline", "You are offline", `Figures from ${hourMinute(facts.heardAt)}. They refresh by themselves.`) });
}

/** @param {Facts} facts @returns {Connection} */
function lost(facts) {
  const next = facts.phase === "waiting" && facts.retryMs >= 1000 ? `Retrying in ${seconds(facts.retryMs)}.` : "Retrying now.";
  return say({ name: "lost", word: "Reconnecting", tone: "bad", icon: "offline", age: age(facts.phaseMs), frozen: true,
    banner: note("bad", "offline", "Quarterdeck cannot be reached", `Figures from ${hourMinute(facts.heardAt)}. ${next}`, "retry") });
}

/** @param {Facts} facts @returns {Connection} */
function away({ state, heartbeat, awayMs }) {
  const since = heartbeat?.away_since ? ` since ${hourMinuteSecond(heartbeat.away_since)}` : "";
  return say({ name: "away", word: "Engine away", tone: "bad", icon: "alert", age: heartbeat?.away_since ? age(awayMs) : "", frozen: true,
    banner: note("bad", "engine", `Engine away${since}`, `Last known figures. ${awayStops(state)}`) });
}

/** @param {import("./fold.js").State | null} state @returns {string} */
function awayStops(state) {
  if (state?.engine.stops_held_by === "exchange") return "Stops still stand. It reconnects by itself.";
  return "Stops wait for its return.";
}

/** @param {Record<string, any>} engine @returns {Connection} */
function warmingUp(engine) {
  const share = typeof engine.progress_pct === "number" ? `${Math.floor(engine.progress_pct)}% done. ` : "";
  return say({ name: "warming_up", word: "Warming up", icon: "clock",
    banner: note("off", "clock", "Playing the past first", `${share}Trading begins when it has caught up.`) });
}

/** @param {Record<string, any>} engine @returns {Connection} */
function ended(engine) {
  return say({ name: "ended", word: "Ended", icon: "flag",
    banner: note("off", "flag", "The recording is over", engine.note || "Figures are those of its last moment.") });
}

/** The ledger cannot be written: nothing is traded. @param {Record<string, any>} engine @returns {Connection} */
function blocked(engine) {
  return say({ name: "blocked", word: "Blocked", tone: "bad", icon: "alert", frozen: true,
    banner: note("bad", "alert", "Trading stands still", engine.note || "The ledger cannot be written. It goes on by itself.") });
}

/** @returns {Connection} */
function stopping() {
  return say({ name: "stopping", word: "Stopping", icon: "engine",
    banner: note("off", "engine", "The engine is stopping", "Positions and orders are kept for its next start.") });
}

/** @param {Record<string, any>} engine @returns {Connection} */
function waiting(engine) {
  return say({ name: "waiting", word: "Waiting", canPause: true,
    banner: note("off", "clock", "Waiting for the first prices", engine.note || "The market has not said anything yet.") });
}

/** @param {Facts} facts @returns {Connection} */
function stale({ state, marketMs }) {
  const stops = state?.engine.stops_held_by === "exchange" ? "Stops still stand." : "Stops act at the next price.";
  const old = span(marketMs);
  return say({ name: "stale", word: "Stale", tone: "warn", icon: "clock", age: old, frozen: true, canPause: true,
    banner: note("warn", "clock", `Prices are ${old} old`, `No new entries. ${stops}`) });
}

/** The engine did not call its feed stale, yet nothing new comes. @param {Facts} facts @returns {Connection} */
function delayed({ marketMs, silentMs, heardAt }) {
  const old = span(Math.max(marketMs, silentMs));
  return say({ name: "delayed", word: "Delayed", tone: "warn", icon: "clock", age: old, frozen: true,
    banner: note("warn", "clock", `Nothing new for ${old}`, `Figures are of ${hourMinuteSecond(heardAt)}, ${zone.name}.`, "retry") });
}

/** @param {Facts} facts @returns {Connection} */
function live({ state, marketMs, me }) {
  const engine = state?.engine ?? {};
  return say({ name: "live", word: "Live", tone: "live", icon: "", age: age(marketMs), canAct: true, canPause: true,
    banner: engine.paused ? paused(engine, me) : venue(state) });
}

/** The exchange that did not answer may be asked again. @param {import("./fold.js").State | null} state */
function venue(state) {
  return state?.venue?.retry ? note("off", "offline", "Prices are simulated", state.venue.note || state.engine.note, "retry_market") : null;
}

/** @param {Record<string, any>} engine @param {string} me @returns {Banner} */
function paused(engine, me) {
  const by = engine.paused_by ? ` by ${engine.paused_by === me ? "you" : engine.paused_by}` : "";
  const at = engine.paused_at ? ` at ${hourMinute(engine.paused_at)}` : "";
  return note("off", "pause", `Paused${by}${at}`, "No new entries. Stops still stand.", "resume");
}

/** @param {number} ms @returns {string} */
const seconds = (ms) => `${Math.ceil(ms / 1000)}s`;
