/** How long the way from the exchange to this page is, and what goes over it. */

import { h, keyedList, setAttr, setText } from "../dom.js";
import { UNKNOWN, capital } from "../format.js";
import { count, millis, pct } from "../system_words.js";
import { age } from "../time.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../system_words.js").System} System */
/** @typedef {Record<string, any>} Hop */

const DATABASES = /** @type {Record<string, string>} */ ({ sqlite: "SQLite", postgresql: "PostgreSQL" });

export function flowCard() {
  const list = h("ol.flow");
  const card = sectionCard("Latency", list);
  const show = keyedList(list, { key: (/** @type {Hop} */ { name }) => name, create: () => hop() });
  return {
    el: card.el,
    /** @param {System} system */
    show({ hops }) {
      const slowest = Math.max(1, ...hops.filter(({ name }) => name !== "total").map(({ p95_ms: ms }) => ms ?? 0));
      show(hops.map((/** @type {Hop} */ one) => ({ ...one, slowest })));
      card.remark("last minute");
    },
  };
}

function hop() {
  const [title, half, most, rest, reason, bar] = [h("b"), h("span.p50"), h("dd"), h("dd"), h("p.cap"), h("i")];
  const figures = h("dl", {}, h("div", {}, h("dt", {}, "p95"), most), h("div", {}, h("dt", {}, "p99"), rest));
  const el = h("li", {}, title, half, figures, h("div.track", { "aria-hidden": "true" }, bar), reason);
  return {
    el,
    /** @param {Hop} one */
    update(one) {
      setText(title, one.title);
      setText(half, millis(one.p50_ms));
      setText(most, millis(one.p95_ms));
      setText(rest, millis(one.p99_ms));
      setText(reason, one.reason ?? `median of ${count(one.samples)}`);
      setAttr(el, "data-hop", one.name);
      bar.style.width = one.name === "total" ? "0" : `${Math.min(100, (100 * (one.p95_ms ?? 0)) / one.slowest).toFixed(1)}%`;
    },
  };
}

/**
 * A card of named figures.
 * @param {string} title
 * @param {[label: string, read: (system: System, now: number) => string][]} rows
 */
function figures(title, rows) {
  const cells = rows.map(([label, read]) => {
    const value = h("dd");
    return { read, value, el: h("div", {}, h("dt", {}, label), value) };
  });
  const card = sectionCard(title, h("dl.kv", {}, ...cells.map(({ el }) => el)));
  return {
    el: card.el,
    /** @param {System} system @param {number} now */
    show(system, now) {
      for (const { read, value } of cells) setText(value, read(system, now));
    },
  };
}

export function streamCard() {
  return figures("Streams", [
    ["Market data", ({ feed }) => `${capital(feed.status)}, ${feed.age_ms === null ? UNKNOWN : `${age(feed.age_ms)} old`}`],
    ["From the market", ({ feed }) => `${count(feed.rate_per_s, 1)}/s`],
    ["To pages", ({ stream }) => `${count(stream.events_per_s, 1)}/s`],
    ["Open streams", ({ stream }) => count(stream.subscribers)],
    ["Delivered", ({ stream }) => count(stream.delivered)],
    ["States replaced by newer ones", ({ stream }) => count(stream.replaced)],
    ["Taken up again", ({ stream }) => count(stream.resumes)],
    ["Slow readers cut off", ({ stream }) => count(stream.cut)],
  ]);
}

export function databaseCard() {
  return figures("Database", [
    ["Kind", ({ database }) => DATABASES[database.kind] ?? database.kind],
    ["Connections in use", ({ database }) => `${count(database.pool_in_use)} of ${count(database.pool_size)}`],
    ["Questions so far", ({ database }) => count(database.queries)],
    ["A question, median, p95", ({ database }) => pair(database.query_ms)],
    ["A commit, median, p95", ({ database }) => pair(database.commit_ms)],
    ["Answers kept ready", ({ cache }) => pct(cache.hit_pct)],
    ["Found ready, made anew", ({ cache }) => `${count(cache.hits)}, ${count(cache.misses)}`],
  ]);
}

/** @param {{p50_ms: number, p95_ms: number} | null} times */
const pair = (times) => (times ? `${millis(times.p50_ms)}, ${millis(times.p95_ms)}` : UNKNOWN);
