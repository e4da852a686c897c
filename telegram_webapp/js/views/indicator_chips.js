/** The choice of indicators, remembered; each chip bears the hand its line is drawn with. */

import { INDICATORS } from "../charts/indicator_lines.js";
import { h, setAttr } from "../dom.js";
import { svg } from "../icons.js";
import { recall, remember } from "../memory.js";

const KEY = "candles.indicators";

/**
 * Make the row.
 * @param {() => void} chosen called after the choice changed
 * @returns {{el: HTMLElement, names: () => string[]}}
 */
export function indicatorChips(chosen) {
  const names = new Set((recall(KEY) ?? "").split(",").filter((name) => Object.hasOwn(INDICATORS, name)));
  const buttons = Object.entries(INDICATORS).map(([name, { word, about, token, dash }]) => {
    const button = h("button", { type: "button", title: about, "aria-pressed": String(names.has(name)), onclick: () => toggle(name, button) }, h("span", {}, swatch(token, dash), word));
    return button;
  });
  return { el: h("div.indicators", { role: "group", "aria-label": "Indicators" }, ...buttons), names: () => Object.keys(INDICATORS).filter((name) => names.has(name)) };

  /** @param {string} name @param {HTMLElement} button */
  function toggle(name, button) {
    if (!names.delete(name)) names.add(name);
    setAttr(button, "aria-pressed", String(names.has(name)));
    remember(KEY, [...names].join(","));
    chosen();
  }
}

/** @param {string} token @param {string} dash @returns {SVGElement} */
function swatch(token, dash) {
  const line = svg("swatch", "0 0 18 4", "M0 2h18");
  line.style.stroke = `var(--${token})`;
  line.style.strokeDasharray = dash.replaceAll("px", "");
  return line;
}
