/** Every stream of the exchange: its state, age, rate, and how often it was lost. */

import { h, keyedList, setAttr, setText } from "../dom.js";
import { UNKNOWN, capital, counted, digits } from "../format.js";
import { age } from "../time.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Stream */
/** @typedef {{stream: Stream, ageMs: number | null}} Item */

const KINDS = /** @type {Record<string, string>} */ ({ ticker: "Best prices", book: "Book", trades: "Trades", candles: "Candles", bars: "Candles", mark: "Mark price", day: "24 hours", user: "Account" });
/** In this order: what is wrong stands first. */
const STATES = ["stale", "waiting", "connecting", "live", "stopped"];
const TONES = /** @type {Record<string, string>} */ ({ live: "on", stale: "bad", waiting: "bad" });

/** @param {App} app */
export function streamsCard(app) {
  const body = h("tbody");
  const heads = ["Stream", "State", "Age, rate", "Reconnects"].map((word) => h("th", { scope: "col" }, word));
  const table = h("table.plain.streams", {}, h("caption.vh", {}, "Streams"), h("thead", {}, h("tr", {}, ...heads)), body);
  const scroll = h("div.streams-scroll", { tabindex: "0", role: "region", "aria-label": "Streams of the exchange" }, table);
  const none = h("p.cap", {}, "There is none: an exchange has streams, prices that are simulated or replayed have not.");
  const card = sectionCard("Streams", scroll, none);
  const show = keyedList(body, { key: (/** @type {Item} */ { stream }) => stream.name, create: row });
  return {
    el: card.el,
    /** @param {import("../fold.js").State} state @param {import("./exchange.js").Asked | null} asked */
    update(state, asked) {
      const items = itemsOf(state, asked, app).sort(byTrouble);
      show(items);
      scroll.hidden = items.length === 0;
      none.hidden = items.length > 0;
      const lives = items.filter(({ stream }) => stream.state === "live").length;
      card.remark(items.length ? `${lives} of ${items.length} live${asked && !asked.stale ? "" : ", as last told"}` : "");
    },
  };
}

/** @param {import("../fold.js").State} state @param {import("./exchange.js").Asked | null} asked @param {App} app @returns {Item[]} */
function itemsOf(state, asked, app) {
  /** @type {Stream[]} */
  const streams = asked && !asked.stale ? asked.streams : Object.values(state.streams ?? {}).filter(({ state: now }) => now !== "stopped");
  const exact = asked !== null && !asked.stale;
  return streams.map((stream) => ({ stream, ageMs: stream.last_at === null || (!exact && stream.state === "live") ? null : app.clock.ageMs(stream.last_at) }));
}

/** @param {Item} a @param {Item} b */
function byTrouble({ stream: a }, { stream: b }) {
  return STATES.indexOf(a.state) - STATES.indexOf(b.state) || a.symbol.localeCompare(b.symbol) || a.kind.localeCompare(b.kind);
}

/** @param {Item} item */
function row(item) {
  const [state, old, rate, lost, why] = [h("span.tag"), h("span"), h("small"), h("span"), h("small.why")];
  const gaps = h("small");
  const { kind, symbol } = item.stream;
  const name = h("th", { scope: "row" }, KINDS[kind] ?? capital(kind), h("small", {}, symbol), why);
  const el = h("tr", {}, name, h("td", {}, state), h("td", {}, old, rate), h("td", {}, lost, gaps));
  return {
    el,
    /** @param {Item} now */
    update({ stream, ageMs }) {
      setText(state, stream.state);
      setAttr(state, "class", `tag ${TONES[stream.state] ?? ""}`.trim());
      setText(old, ageMs === null ? UNKNOWN : age(ageMs));
      setText(rate, `${digits(stream.rate_per_s, stream.rate_per_s < 10 ? 1 : 0)}/s`);
      setText(lost, `${digits(stream.reconnects, 0)}×`);
      setText(gaps, stream.gaps ? counted(stream.gaps, "gap") : "");
      setText(why, stream.state === "live" ? "" : stream.error);
      setAttr(el, "title", `${counted(stream.messages, "message")}, ${counted(stream.duplicates, "duplicate")} left out${stream.error ? `. Last trouble: ${stream.error}` : ""}`);
    },
  };
}
