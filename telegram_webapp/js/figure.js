/** How a live figure is put on the page: its colour, its flash, and its size when it is long. */

import { setAttr, setFigure } from "./dom.js";
import { toneOf } from "./format.js";

const TONES = ["gain", "loss", "flat"];
/** Characters that still fit at full size, and one step below it. */
const [FULL, SMALLER] = [10, 12];

/**
 * Show a figure; a long one is set smaller so that it never leaves its box.
 * @param {HTMLElement} el
 * @param {number} value decides the direction of the flash
 * @param {string} text
 */
export function showFigure(el, value, text) {
  setFigure(el, value, text);
  setAttr(el, "data-size", text.length <= FULL ? null : text.length <= SMALLER ? "s" : "xs");
}

/**
 * Show money made or lost: sign, arrow and colour.
 * @param {HTMLElement} el
 * @param {number} value
 * @param {string} text as from format.js
 * @param {number} [decimals] as shown: what rounds to zero is neither
 */
export function showChange(el, value, text, decimals = 2) {
  showFigure(el, value, text);
  setTone(el, toneOf(value, decimals));
}

/** @param {HTMLElement} el @param {string} tone gain, loss or flat */
export function setTone(el, tone) {
  if (el.classList.contains(tone)) return;
  el.classList.remove(...TONES);
  el.classList.add(tone);
}
