/** A card with a title, a quiet remark at its right, and what it holds. */

import { h, setText } from "../dom.js";

/**
 * @param {string} title
 * @param {...import("../dom.js").Child} children
 * @returns {{el: HTMLElement, remark: (text: string) => void}}
 */
export function sectionCard(title, ...children) {
  const note = h("span.cap");
  const el = h("section.card.panel", {}, h("header", {}, h("h2", {}, title), note), ...children);
  return { el, remark: (text) => { setText(note, text); } };
}

/**
 * What is said in the place of a list that has nothing, or of what did not load.
 * @param {string} title
 * @param {string} text
 * @param {SVGElement} glyph
 * @param {HTMLElement} [act]
 * @returns {HTMLElement}
 */
export function emptyCard(title, text, glyph, act) {
  return h("div.empty.card", {}, h("span.ic", {}, glyph), h("b", {}, title), h("p", {}, text), act);
}
