/** A choice of one of a few words: a list that drops down, or a row of chips. */

import { h, setAttr } from "../dom.js";
import { icon } from "../icons.js";

/**
 * @typedef {object} Choice
 * @property {HTMLElement} el
 * @property {(values: string[], any: string, current: string, words?: Record<string, string>) => void} offer
 */

/**
 * Make a list.
 * @param {string} label
 * @param {(value: string) => void} chosen
 * @returns {Choice} its `offer` sets the values, the word for "" and which of them holds
 */
export function choice(label, chosen) {
  const select = /** @type {HTMLSelectElement} */ (h("select", { "aria-label": label }));
  select.addEventListener("change", () => chosen(select.value));
  let offered = "";
  return {
    el: h("span.select", {}, select, icon("chevron", true)),
    offer(values, any, current, words = {}) {
      if (offered !== values.join("|")) {
        offered = values.join("|");
        select.replaceChildren(...values.map((value) => h("option", { value }, words[value] ?? (value || any))));
      }
      select.value = current;
    },
  };
}

/**
 * Make a row of chips.
 * @param {string} label for screen readers
 * @param {[value: string, word: string][]} values
 * @param {(value: string) => void} chosen
 * @returns {{el: HTMLElement, show: (current: string) => void}}
 */
export function chips(label, values, chosen) {
  const buttons = values.map(([value, word]) => ({ value, el: h("button", { type: "button", onclick: () => chosen(value) }, h("span", {}, word)) }));
  return {
    el: h("div.chips", { role: "group", "aria-label": label }, ...buttons.map(({ el }) => el)),
    show(current) {
      for (const { value, el } of buttons) setAttr(el, "aria-pressed", String(value === current));
    },
  };
}

/**
 * All values with those that are not offered by themselves, sorted, "" first.
 * @param {...(string | undefined | string[])} sources
 * @returns {string[]}
 */
export function withAny(...sources) {
  return ["", ...[...new Set(sources.flat())].filter((value) => Boolean(value)).sort()].map(String);
}
