/** How markets move together, and how much each moves: two tables whose colours only repeat their numbers. */

import { h, setText } from "../dom.js";
import { UNKNOWN, percent } from "../format.js";
import { chips } from "./choice.js";
import { asked } from "./market_asked.js";
import { signedText } from "./market_words.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Answer of api/correlations */

const EVERY_MS = 300_000;
const RANGES = /** @type {[string, string][]} */ ([["24", "24h"], ["168", "7d"], ["720", "30d"]]);
/** So many beside the market that is looked at; more on a press. */
const FEW = 9;
/** The deepest colour, of two that move as one. */
const DEEPEST_PCT = 46;

/** @param {HTMLElement} root @param {App} app @returns {import("./market_themes.js").Theme} */
export function mount(root, app) {
  let symbol = "";
  let hours = "168";
  let every = false;
  /** @type {Answer | null} */
  let told = null;
  const range = chips("Range of the correlations", RANGES, (value) => { hours = value; feed.look({ hours }); range.show(hours); });
  const matrix = h("div.matrix-scroll", { tabindex: "0", role: "region", "aria-label": "Correlations" });
  const none = h("p.cap.none", { role: "status" });
  const more = h("button.link", { type: "button", hidden: true, "aria-expanded": "false", onclick: () => { every = !every; draw(); } });
  const volatility = h("div.matrix-scroll", { tabindex: "0", role: "region", "aria-label": "Volatility" });
  const note = h("p.cap", {}, "Standard deviation of hourly returns, over as long. A dash: the past does not reach so far back yet.");
  const feed = asked(app, { path: "api/correlations", everyMs: EVERY_MS, what: "The tables", show: (answer) => { told = answer; draw(); } });
  const cards = { matrix: sectionCard("Moving together", matrix, none, more, range.el, legend()), volatility: sectionCard("Volatility", volatility, note) };
  cards.matrix.remark("Correlation of hourly returns");
  root.append(h("div.theme-grid.wide-left", {}, cards.matrix.el, h("div.stack", {}, cards.volatility.el, feed.el)));

  return {
    look(next) {
      symbol = next;
      range.show(hours);
      feed.look({ hours });
      draw();
    },
    update: (_, changed) => feed.update(changed),
    unmount: () => feed.unmount(),
  };

  function draw() {
    const symbols = /** @type {string[]} */ (told?.symbols ?? []);
    const shown = every ? symbols : nearest(told, symbol, FEW);
    const empty = !told?.matrix;
    matrix.hidden = empty;
    none.hidden = !empty;
    setText(none, told ? told.reason || "There is too little past to compare these markets." : "Loading");
    more.hidden = empty || symbols.length <= FEW + 1;
    setText(more, every ? "Only those nearest" : `All ${symbols.length}`);
    more.setAttribute("aria-expanded", String(every));
    if (!empty) matrix.replaceChildren(matrixTable(/** @type {Answer} */ (told), shown, symbol));
    volatility.replaceChildren(volatilityTable(told?.volatility ?? [], symbol));
  }
}

/** What the colours mean, for those who do not read numbers first. */
function legend() {
  const cell = (/** @type {number} */ value) => h("td", { style: shade(value), class: value < 0 ? "against" : "" }, signedText(value, 1));
  return h("div.matrix-key.cap", { "aria-hidden": "true" }, h("span", {}, "opposite"), h("table", {}, h("tbody", {}, h("tr", {}, ...[-1, -0.5, 0, 0.5, 1].map(cell)))), h("span", {}, "as one"));
}

/** The market that is looked at, and those that move most with or against it. @param {Answer | null} told @param {string} symbol @param {number} few @returns {string[]} */
export function nearest(told, symbol, few) {
  const symbols = /** @type {string[]} */ (told?.symbols ?? []);
  const row = told?.matrix?.[symbols.indexOf(symbol)];
  if (symbols.length <= few + 1 || !row) return symbols.slice(0, few + 1);
  const strength = (/** @type {string} */ other) => {
    const value = row[symbols.indexOf(other)];
    return other === symbol ? Infinity : value === null ? -1 : Math.abs(value);
  };
  return [...symbols].sort((a, b) => strength(b) - strength(a)).slice(0, few + 1);
}

/** @param {number | null} value @returns {string | null} */
function shade(value) {
  if (value === null) return null;
  const [token, part] = [value < 0 ? "series-b" : "accent", Math.min(1, Math.abs(value)) * DEEPEST_PCT];
  return `background-color:color-mix(in srgb, var(--${token}) ${part.toFixed(0)}%, transparent)`;
}

/** @param {Answer} told @param {string[]} shown @param {string} symbol @returns {HTMLElement} */
function matrixTable({ symbols, matrix }, shown, symbol) {
  const place = new Map(symbols.map((/** @type {string} */ name, /** @type {number} */ i) => [name, i]));
  const own = (/** @type {string} */ name) => (name === symbol ? "own" : null);
  const cell = (/** @type {string} */ a, /** @type {string} */ b) => {
    const value = a === b ? 1 : matrix[/** @type {number} */ (place.get(a))][/** @type {number} */ (place.get(b))];
    if (a === b) return h("td.same", {}, "1");
    return h("td", { style: shade(value), class: value < 0 ? "against" : null }, signedText(value));
  };
  const head = h("tr", {}, h("td"), ...shown.map((name) => h("th", { scope: "col", class: own(name) }, h("bdi", {}, short(name)))));
  const rows = shown.map((name) => h("tr", {}, h("th", { scope: "row", class: own(name) }, h("bdi", {}, short(name))), ...shown.map((other) => cell(name, other))));
  return h("table.matrix", {}, h("caption.vh", {}, "Correlation of each market with each other, from -1 to 1"), h("thead", {}, head), h("tbody", {}, ...rows));
}

/** @param {string} symbol */
const short = (symbol) => symbol.split("/")[0];

/** @param {Record<string, any>[]} rows @param {string} symbol @returns {HTMLElement} */
function volatilityTable(rows, symbol) {
  const heads = ["Market", "Day", "Week", "Month", "A year"].map((word) => h("th", { scope: "col" }, word));
  const cell = (/** @type {number | null} */ value) => h("td", {}, typeof value === "number" ? percent(value) : UNKNOWN);
  const body = rows.map((one) => h("tr", {}, h("th", { scope: "row", class: one.symbol === symbol ? "own" : null }, h("bdi", {}, short(one.symbol)), one.reason && h("small", {}, one.reason)),
    cell(one.day_pct), cell(one.week_pct), cell(one.month_pct), cell(one.annualised_pct)));
  return h("table.plain.volatility", {}, h("caption.vh", {}, "Standard deviation of returns"), h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...body));
}
