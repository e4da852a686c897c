/** The way of a list to a file: CSV for spreadsheets, JSON for programs. */

import { h } from "../dom.js";
import { icon } from "../icons.js";

/**
 * Make the two buttons.
 * @param {import("../main.js").App} app
 * @param {string} what the list's name in the API
 * @param {() => Record<string, any>} filter what to save, asked when pressed
 * @returns {HTMLElement}
 */
export function exportButtons(app, what, filter) {
  const button = (/** @type {string} */ format) => {
    const el = /** @type {HTMLButtonElement} */ (h("button.btn.quiet", { type: "button", "aria-label": `Save these ${what} as a ${format.toUpperCase()} file`, onclick: () => void save(el, format) }, icon("down", true), format.toUpperCase()));
    return el;
  };
  return h("div.export", {}, button("csv"), button("json"));

  /** @param {HTMLButtonElement} el @param {string} format */
  async function save(el, format) {
    el.disabled = true;
    const given = filter();
    const marks = ["symbol", "strategy"].map((name) => String(given[name] ?? "").replace("/", ""));
    try {
      await app.api.download(`api/${what}`, { ...given, format: format === "csv" ? "csv" : "json-file" }, `${["quarterdeck", what, ...marks].filter(Boolean).join("-")}.${format}`);
    } catch (error) {
      app.toast({ tone: "bad", title: "The file was not saved", detail: /** @type {any} */ (error).detail ?? String(error) });
    }
    el.disabled = false;
  }
}
