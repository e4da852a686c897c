/** One figure: its label, its value, and what it stands on. */

import { h, setAttr, setText } from "../dom.js";
import { setTone } from "../figure.js";

/** Characters that fit at full size, and one step below it. */
const [FULL, SMALLER] = [9, 11];

/**
 * Make it.
 * @param {string} label
 * @returns {{el: HTMLElement, show: (text: string, basis: string, tone?: string) => void}}
 *     a tone gives it arrow and colour: money made or lost
 */
export function figureCell(label) {
  const [value, basis] = [h("span.live"), h("span.live")];
  return {
    el: h("div.fig", {}, h("dt.cap", {}, label), h("dd.v", {}, value), h("dd.sub", {}, basis)),
    show(text, under, tone = "") {
      setText(value, text);
      setAttr(value, "data-size", text.length <= FULL ? null : text.length <= SMALLER ? "s" : "xs");
      value.classList.toggle("num", Boolean(tone));
      setTone(value, tone || "flat-text");
      setText(basis, under);
      setAttr(basis, "title", under || null);
    },
  };
}
