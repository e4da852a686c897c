/** What a setting is changed with: an input that fits what it must be. */

import { h } from "../dom.js";
import { selectOf } from "./loaded.js";

/**
 * @typedef {object} Setting
 * @property {string} name
 * @property {string} section
 * @property {string} block
 * @property {string} about
 * @property {string} text
 * @property {"whole" | "number" | "switch" | "choice" | "list" | "text" | "secret"} kind
 * @property {string} rule
 * @property {string[]} choices
 * @property {any} value
 * @property {string} words
 * @property {string} default_words
 * @property {"default" | "file" | "page" | "environment" | "flag"} source
 * @property {string} where
 * @property {boolean} is_live
 * @property {boolean} may_change
 * @property {string | null} next
 */

/**
 * @typedef {object} Input
 * @property {HTMLElement} el what is shown
 * @property {HTMLElement} control what is focused and described
 * @property {() => any} read the value as the server takes it
 * @property {(value: any) => void} write
 */

const NUMBER = /^-?\d+(\.\d+)?$/;
const SWITCH = /** @type {[string, string][]} */ ([["true", "On"], ["false", "Off"]]);

/**
 * @param {Setting} setting
 * @param {string} label for screen readers
 * @param {() => void} changed
 * @returns {Input}
 */
export function inputOf(setting, label, changed) {
  if (setting.kind === "switch") return chosen(label, SWITCH, (text) => text === "true", changed);
  if (setting.kind === "choice") return chosen(label, setting.choices.map((word) => [word, word]), (text) => text, changed);
  return typed(setting, label, changed);
}

/**
 * @param {string} label
 * @param {[string, string][]} values
 * @param {(text: string) => any} meant
 * @param {() => void} changed
 * @returns {Input}
 */
function chosen(label, values, meant, changed) {
  const { el, select } = selectOf(label, values);
  select.addEventListener("change", changed);
  return { el, control: select, read: () => meant(select.value), write: (value) => { select.value = String(value); } };
}

/** @param {Setting} setting @param {string} label @param {() => void} changed @returns {Input} */
function typed(setting, label, changed) {
  const mode = setting.kind === "whole" ? "numeric" : setting.kind === "number" ? "decimal" : "text";
  const input = /** @type {HTMLInputElement} */ (h("input", { "aria-label": label, inputmode: mode, autocomplete: "off", spellcheck: "false", oninput: changed }));
  return {
    el: input,
    control: input,
    write: (value) => { input.value = Array.isArray(value) ? value.join(", ") : String(value ?? ""); },
    read() {
      const text = input.value.trim();
      if (setting.kind === "list") return text.split(",").map((part) => part.trim()).filter(Boolean);
      // What is no number is sent as it is: the server says what it must be.
      if (setting.kind === "whole" && NUMBER.test(text)) return Number(text);
      return text;
    },
  };
}
