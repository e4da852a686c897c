/** The verdict of a comparison: in words first, then its interval with the line of no difference. */

import { h, setAttr, setText } from "../dom.js";
import { digits, percentChange } from "../format.js";
import { icon } from "../icons.js";

/** @typedef {Record<string, any>} Comparison */

/** @type {Record<string, [icon: string, word: string, tone: string]>} */
const STATES = {
  awaiting: ["clock", "Awaiting closed trades", ""],
  undecided: ["scale", "Not enough trades to tell", "warn"],
  equal: ["scale", "No difference that matters", ""],
  a: ["ok", "The lead is real", "gain"],
  b: ["ok", "The lead is real", "gain"],
};
const ROOM = 0.12;

/** @returns {{el: HTMLElement, text: HTMLElement, show: (data: Comparison) => void}} */
export function verdictCard() {
  const [glyph, word] = [h("span.glyph"), h("span.live")];
  const kind = h("p.k", {}, glyph, word);
  const [title, text] = [h("h2", {}, "Comparing"), h("p.t")];
  const bar = intervalBar();
  const [count, meter] = [h("b"), h("i")];
  const progress = h("div.progress", { hidden: true }, h("div.row.cap", {}, h("span", {}, "Trades so far"), count), h("span.meter.accent", { "aria-hidden": "true" }, meter));
  const el = h("section.card.verdict.measured", { "aria-live": "polite" }, kind, title, text, bar.el, progress);
  return {
    el, text,
    show(data) {
      const { verdict, difference } = data;
      const [name, said, tone] = STATES[verdict.state] ?? STATES.undecided;
      glyph.replaceChildren(icon(name, true));
      setText(word, said);
      kind.hidden = said === verdict.title;
      setAttr(kind, "class", `k ${tone}`);
      setText(title, verdict.title);
      setText(text, verdict.text);
      bar.show(difference);
      progress.hidden = !difference;
      el.classList.toggle("measured", Boolean(difference));
      if (!difference) return;
      const [have, total] = tradesOf(difference);
      setText(count, total ? `${digits(have, 0)} of about ${digits(total, 0)}` : digits(have, 0));
      meter.style.transform = `scaleX(${total ? Math.min(1, have / total) : 1})`;
    },
  };
}

/**
 * Trades of both there are, and about how many it takes.
 * @param {Record<string, any>} difference
 * @returns {[number, number | null]}
 */
function tradesOf({ trades_a: a, trades_b: b, needed }) {
  return [a + b, needed ? a + b + needed : null];
}

/** The interval as a bar, its middle as a dot, zero as a dashed line. */
function intervalBar() {
  const [range, dot, zero] = [h("i.range"), h("i.dot"), h("i.zero")];
  const [low, middle, high, none] = [h("span"), h("b"), h("span"), h("span.none", {}, "no difference")];
  const el = h("div.interval", { role: "img", hidden: true }, none, h("div.lane", {}, zero, range, dot), h("div.marks", {}, low, middle, high));
  return {
    el,
    /** @param {Record<string, any> | null} difference */
    show(difference) {
      el.hidden = !difference || difference.low_pct === null || difference.high_pct === null;
      if (el.hidden || !difference) return;
      const { level } = difference;
      // In the leader's favour, as the words have it.
      const sign = difference.estimate_pct < 0 ? -1 : 1;
      const estimate = sign * difference.estimate_pct;
      const [from, to] = [sign * difference.low_pct, sign * difference.high_pct].sort((x, y) => x - y);
      const [least, most] = [Math.min(from, 0), Math.max(to, 0)];
      const pad = (most - least || 1) * ROOM;
      const place = (/** @type {number} */ value) => (100 * (value - least + pad)) / (most - least + 2 * pad);
      range.style.left = `${place(from)}%`;
      range.style.width = `${place(to) - place(from)}%`;
      for (const [part, value] of /** @type {const} */ ([[dot, estimate], [zero, 0], [none, 0], [low, from], [middle, estimate], [high, to]])) part.style.left = `${clear(part === none ? 18 : 0, place(value))}%`;
      setText(low, percentChange(from));
      setText(middle, percentChange(estimate));
      setText(high, percentChange(to));
      el.classList.toggle("tight", place(to) - place(from) < 44);
      setAttr(el, "aria-label", `${Math.round(100 * level)}% interval of the difference in return a trade: ${percentChange(from)} to ${percentChange(to)}, estimate ${percentChange(estimate)}`);
    },
  };
}

/** Keep words off the edges. @param {number} room @param {number} place */
const clear = (room, place) => Math.min(Math.max(place, room), 100 - room);
