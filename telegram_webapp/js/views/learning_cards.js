/** How good the strategies' parts and models are: hit rates of theories, scores against a naive guess. */

import { h } from "../dom.js";
import { MINUS, UNKNOWN, counted, digits, percent } from "../format.js";
import { day } from "../time.js";
import { openModel, openTheory } from "./learning_sheets.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Row */

/** @param {App} app */
export function learningCards(app) {
  const theories = sectionCard("Theories", h("div.learned"));
  const models = sectionCard("Models", h("div.learned"));
  theories.el.hidden = models.el.hidden = true;
  const cards = { cards: [theories.el, models.el], strategy: "", load };
  return cards;

  /** @param {Record<string, string>} scope */
  async function load({ strategy, account }) {
    cards.strategy = strategy;
    const ask = async (/** @type {string} */ path, /** @type {string} */ name) => (await app.api.get(path, { strategy, account }))[name];
    const [parts, scores] = await Promise.allSettled([ask("api/theories", "theories"), ask("api/models", "models")]);
    if (cards.strategy !== strategy) return;
    fill(theories, settled(parts), theoryTable, (rows) => `${digits(rows.length, 0)} parts, how often right`);
    fill(models, settled(scores), modelTable, () => "Brier: lower is better");
  }
}

/** @param {PromiseSettledResult<any>} result @returns {Row[]} */
const settled = (result) => (result.status === "fulfilled" ? result.value ?? [] : []);

/** @param {{el: HTMLElement, remark: (text: string) => void}} card @param {Row[]} rows @param {(rows: Row[]) => HTMLElement} table @param {(rows: Row[]) => string} remark */
function fill(card, rows, table, remark) {
  card.el.hidden = !rows.length;
  if (!rows.length) return;
  card.remark(remark(rows));
  card.el.querySelector(".learned")?.replaceChildren(table(rows));
}

/** @param {string[]} heads @param {HTMLElement[]} rows @param {string} caption */
function table(heads, rows, caption) {
  return h("table.plain", {}, h("caption.vh", {}, caption), h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", {}, ...rows));
}

/** @param {Row[]} rows */
function theoryTable(rows) {
  const body = rows.map((row) => h("tr", {},
    h("th", { scope: "row" }, asks(row.theory.replaceAll("_", " "), () => openTheory(row)), h("small", {}, row.strategy)),
    h("td", {}, row.hit_rate_pct === null ? UNKNOWN : percent(row.hit_rate_pct), h("small", {}, intervalOf(row))),
    h("td", {}, signed(row.avg_contribution), h("small", {}, counted(row.trades, "trade")))));
  return table(["Theory", "Right", "Worth"], body, "Theories: how often each leaned to the side that made money");
}

/** @param {Row} row */
function intervalOf({ low_pct: low, high_pct: high, hit_rate_pct: rate }) {
  if (rate === null) return "leaned to no side";
  return typeof low === "number" && typeof high === "number" ? `${digits(low, 0)} to ${digits(high, 0)}%` : "";
}

/** @param {Row[]} rows */
function modelTable(rows) {
  const body = rows.map((row) => h("tr", {},
    h("th", { scope: "row" }, asks(row.model, () => openModel(row)), h("small", {}, `${row.kind === "live" ? "live" : "walk-forward"}, ${day(row.at)}`)),
    h("td", {}, row.accuracy === null ? UNKNOWN : percent(100 * row.accuracy), h("small", {}, row.baseline_accuracy === null ? counted(row.samples, "sample") : `naive ${percent(100 * row.baseline_accuracy)}`)),
    h("td", {}, row.brier === null ? UNKNOWN : row.brier.toFixed(3), h("small", {}, row.baseline_brier === null ? "" : `naive ${row.baseline_brier.toFixed(3)}`)),
    h("td", {}, h("span", { class: `tag ${row.passes ? "" : "unproven"}` }, row.passes ? "Passes" : "Fails"))));
  return table(["Model", "Right", "Brier", "Baseline"], body, "Models: how well they predicted, against a naive guess");
}

/** @param {string} name @param {() => void} open */
const asks = (name, open) => h("button.q", { type: "button", onclick: open }, name);

/** @param {number | null | undefined} value */
function signed(value) {
  if (typeof value !== "number") return UNKNOWN;
  const text = Math.abs(value).toFixed(3);
  return Number(text) === 0 ? text : (value < 0 ? MINUS : "+") + text;
}
