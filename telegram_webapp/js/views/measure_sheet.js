/** How a figure is reckoned: its formula, unit, least sample and source. */

import { h } from "../dom.js";
import { basisText, intervalText, measureText } from "../measures.js";
import { day, hourMinute, zone } from "../time.js";
import { openSheet } from "./sheet.js";

/** @typedef {import("../measures.js").Measure} Measure */
/** @typedef {import("../measures.js").Definition} Definition */

const UNITS = /** @type {Record<string, string>} */ ({
  money: "quote currency", pct: "percent", ratio: "a ratio, no unit", count: "a count", duration_ms: "a length of time", get time_ms() { return `a time, ${zone.name}`; },
});

/**
 * Open the sheet.
 * @param {string} name
 * @param {Measure} measure
 * @param {Definition} definition
 * @param {string} currency
 */
export function openMeasure(name, measure, definition, currency) {
  if (document.querySelector("dialog[open]")) return;
  const { label, formula, unit, minimum, source } = definition;
  const interval = measure.value === null ? "" : intervalText(name, measure, unit);
  const row = (/** @type {string} */ term, /** @type {string | HTMLElement} */ value) => value && h("div", {}, h("dt", {}, term), h("dd", {}, value));
  const sheet = openSheet({
    title: label,
    body: [
      h("p.measure-now", {}, measureText(name, measure.value, unit)),
      h("p.lead", {}, measure.value === null ? `Not known yet: ${measure.reason}.` : interval || basisText(name, measure, unit)),
      h("p.formula", {}, formula),
      h("dl.kv", {}, row("Unit", unit === "money" && currency ? currency : UNITS[unit] ?? unit), row("Needs at least", String(minimum ?? "")),
        row("Stands on", measure.basis), row("When", measure.at ? `${day(measure.at)}, ${hourMinute(measure.at)} ${zone.name}` : ""), row("Source", linked(source))),
    ],
  });
  sheet.el.append(h("div.one-btn", {}, h("button.btn.quiet", { type: "button", onclick: sheet.close }, "Done")));
}

/** @param {string} source @returns {string | HTMLElement} */
function linked(source) {
  if (!/^https:\/\/\S+$/.test(source ?? "")) return source ?? "";
  return h("a", { href: source, target: "_blank", rel: "noopener noreferrer" }, new URL(source).host);
}
