/** The key under the equity chart: what its shapes and its dotted line mean. */

import { h, setText } from "../dom.js";

const SVG = "http://www.w3.org/2000/svg";

/** Shapes in a 12 px box, as the chart draws them. @type {Record<string, [path: string, classes: string]>} */
const SHAPES = {
  long: ["M6 2l4.5 8h-9z", "full"],
  short: ["M6 10L1.5 2h9z", "full"],
  exit: ["M2.300 6a3.700 3.700 0 1 0 7.400 0a3.700 3.700 0 1 0-7.400 0", "ring"],
  level: ["M0 6h16", "dots"],
};
const WORDS = { long: "Long", short: "Short", exit: "Exit", level: "" };

/**
 * @typedef {object} Key
 * @property {HTMLElement} el
 * @property {(shown: {long: boolean, short: boolean, exit: boolean, level: string, note: string}) => void} show
 */

/** Make the key. @returns {Key} */
export function equityKey() {
  const parts = Object.entries(WORDS).map(([name, word]) => {
    const text = h("b", {}, word);
    return { name, text, el: h("span", { hidden: true }, shape(name), text) };
  });
  const note = h("span");
  const el = h("div.chart-key", { "aria-hidden": "true" }, ...parts.map((part) => part.el), note);
  return {
    el,
    show(shown) {
      setText(note, shown.note);
      for (const { name, text, el: part } of parts) {
        const value = /** @type {Record<string, boolean | string>} */ (shown)[name];
        part.hidden = !value;
        if (typeof value === "string") setText(text, value);
      }
    },
  };
}

/** @param {string} name @returns {SVGElement} */
function shape(name) {
  const [path, classes] = SHAPES[name];
  const wide = name === "level" ? 16 : 12;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${wide} 12`);
  svg.setAttribute("width", String(wide));
  svg.setAttribute("height", "12");
  svg.setAttribute("class", classes);
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}
