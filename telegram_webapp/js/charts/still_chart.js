/** A chart of figures that were asked for: drawn when they come, again when size or theme changes. */

import { h, setAttr } from "../dom.js";
import { Plot } from "./plot.js";
import { forgetColours, groundOf } from "./theme.js";

/**
 * @template T
 * @typedef {object} StillChart
 * @property {HTMLElement} el
 * @property {(data: T | null, words: string) => void} show null with why there is nothing; else what it says, for those who cannot see it
 * @property {(changed: Set<string>) => void} update
 * @property {() => void} unmount
 */

/**
 * Make the chart; the class of its box gives the height.
 * @template T
 * @param {import("../main.js").App} app
 * @param {string} classes
 * @param {(data: T, size: import("./plot.js").Size, ground: string) => import("./plot.js").Figure} figure
 * @returns {StillChart<T>}
 */
export function stillChart(app, classes, figure) {
  const box = h("div", { class: `chart ${classes}`, role: "img", "aria-label": "Chart" });
  /** @type {T | null} */
  let data = null;
  const note = h("p.plot-words.cap", { hidden: true });
  const el = h("div.still", {}, box, note);
  const plot = new Plot(box, app, (size) => (data === null ? null : figure(data, size, groundOf(box))));
  return {
    el,
    show(next, words) {
      data = next;
      note.hidden = next !== null;
      note.textContent = next === null ? words : "";
      box.classList.toggle("nothing", next === null);
      if (next === null) return;
      setAttr(box, "aria-label", words);
      plot.ask();
    },
    update(changed) {
      if (changed.has("theme")) forgetColours();
      if (changed.has("theme")) plot.ask();
    },
    unmount: () => plot.stop(),
  };
}
