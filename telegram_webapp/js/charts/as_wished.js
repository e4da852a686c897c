/** A drawing as the person wishes to read it: by their clock, amounts as they write them. */

import { HIDDEN, wished } from "../display.js";
import { lens } from "../dom.js";
import { MINUS, digits, manner } from "../format.js";
import { zone } from "../time.js";

/** @typedef {import("./plot.js").Figure} Figure */

const AMOUNT = /%\{y:\$(,\.\df)\}/g;

/** Whether times are told by another clock than UTC, the only one that Plotly knows. @returns {boolean} */
export const isShifted = () => zone.name !== "UTC";

/**
 * A value of an axis of money: no sign, for the chart says what it is of.
 * @param {number} value
 * @param {number} decimals
 * @returns {string}
 */
export function amountTick(value, decimals) {
  if (wished().currency === "hidden") return HIDDEN;
  return `${value < 0 ? MINUS : ""}${digits(value, decimals)}`;
}

/** Return a drawing as it is wished; as it comes, it is the same. @param {Figure} figure @returns {Figure} */
export function asWished(figure) {
  const { data, layout } = figure;
  const isDated = layout.xaxis?.type === "date" && isShifted();
  const { currency } = wished();
  if (!isDated && currency === "sign") return figure;
  return {
    ...figure,
    data: data.map((trace) => ({ ...trace, ...(isDated && trace.x && { x: shiftedAll(trace.x) }), ...(trace.hovertemplate && { hovertemplate: amounts(trace.hovertemplate) }), ...(Array.isArray(trace.text) && { text: trace.text.map(read) }) })),
    layout: {
      ...layout,
      ...(isDated && { xaxis: dated(layout.xaxis), shapes: layout.shapes?.map(shiftedShape) }),
      ...(layout.yaxis && { yaxis: { ...layout.yaxis, ...(layout.yaxis.tickprefix === "$" && plainAxis(currency)) } }),
    },
  };
}

/** A time that Plotly tells, as it is. @param {number} told @returns {number} */
export const unshifted = (told) => told - zone.shift(told - zone.shift(told));

/** @param {number} at @returns {number} */
const shifted = (at) => (typeof at === "number" ? at + zone.shift(at) : at);

/** @param {ArrayLike<number>} times @returns {number[]} */
const shiftedAll = (times) => Array.from(times, shifted);

/** @param {Record<string, any>} axis */
function dated(axis) {
  return { ...axis, ...(axis.range && { range: shiftedAll(axis.range) }), ...(axis.tickvals && { tickvals: shiftedAll(axis.tickvals) }) };
}

/** @param {Record<string, any>} shape */
function shiftedShape(shape) {
  return shape.xref === "paper" ? shape : { ...shape, x0: shifted(shape.x0), x1: shifted(shape.x1) };
}

/** @param {string | string[]} template @returns {string | string[]} */
function amounts(template) {
  if (Array.isArray(template)) return template.map((one) => String(amounts(one)));
  return template.replace(AMOUNT, (_, format) => (wished().currency === "hidden" ? HIDDEN : manner.amount(`%{y:${format}}`)));
}

/** What stands beside points, in the server's words or ours. @param {any} text */
const read = (text) => (typeof text === "string" ? lens.read(text) : text);

/** @param {string} currency */
const plainAxis = (currency) => (currency === "hidden" ? { showticklabels: false, tickprefix: "" } : { tickprefix: "" });
