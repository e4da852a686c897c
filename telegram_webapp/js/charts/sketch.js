/**
 * A chart's figure as a plain drawing, until Plotly is there: lines, marks and labels in the places
 * that Plotly will give them, so that nothing moves when it takes over.
 */

import { colour } from "./theme.js";

/** @typedef {import("./plot.js").Figure} Figure */
/** @typedef {import("./plot.js").Size} Size */
/** @typedef {{x: (value: number) => number, y: (value: number) => number, left: number, right: number, top: number, bottom: number}} Area */

const SVG = "http://www.w3.org/2000/svg";
const DASH = /** @type {Record<string, string>} */ ({ dot: "1 2", dash: "6 5" });
const [LABEL_BELOW, LABEL_BESIDE, HALF_LETTER] = [14, 6, 4];

/**
 * Draw it into *box*, in the place of an earlier sketch.
 * @param {HTMLElement} box
 * @param {Figure} figure whose axes have ranges and labels of their own
 * @param {Size} size
 */
export function sketch(box, { data, layout }, size) {
  const area = areaOf(layout, size);
  const svg = make("svg", { class: "sketch", width: size.width, height: size.height, "aria-hidden": "true" });
  for (const [i, trace] of data.entries()) svg.append(...(trace.mode === "lines" ? line(trace, area, i) : marks(trace, area)));
  for (const shape of layout.shapes ?? []) {
    const y = area.y(shape.y0);
    svg.append(make("line", { x1: area.left, x2: area.right, y1: y, y2: y, ...stroke(shape.line) }));
  }
  svg.append(...labels(layout, area));
  erase(box);
  box.append(svg);
}

/** Take the sketch away. @param {HTMLElement} box */
export function erase(box) {
  box.querySelector("svg.sketch")?.remove();
}

/** @param {Record<string, any>} layout @param {Size} size @returns {Area} */
function areaOf({ margin, xaxis, yaxis }, { width, height }) {
  const [left, right, top, bottom] = [margin.l, width - margin.r, margin.t, height - margin.b];
  const scale = (/** @type {[number, number]} */ [from, to], /** @type {number} */ start, /** @type {number} */ end) => (/** @type {number} */ value) => start + ((value - from) / (to - from || 1)) * (end - start);
  return { x: scale(xaxis.range, left, right), y: scale(yaxis.range, bottom, top), left, right, top, bottom };
}

/** @param {Record<string, any>} trace @param {Area} area @param {number} i */
function line(trace, area, i) {
  const points = trace.x.map((/** @type {number} */ x, /** @type {number} */ k) => `${area.x(x).toFixed(1)},${area.y(trace.y[k]).toFixed(1)}`).join("L");
  const path = make("path", { d: `M${points}`, fill: "none", "stroke-linejoin": "round", ...stroke(trace.line) });
  if (!trace.fillgradient) return [path];
  const { colorscale, start, stop } = trace.fillgradient;
  const id = `sketch-${i}`;
  const shade = make("linearGradient", { id, gradientUnits: "userSpaceOnUse", x1: 0, x2: 0, y1: area.y(start), y2: area.y(stop) });
  for (const [offset, color] of colorscale) shade.append(make("stop", { offset, "stop-color": color }));
  const [first, last] = [area.x(trace.x[0]), area.x(trace.x.at(-1))];
  return [shade, make("path", { d: `M${first},${area.bottom}L${points}L${last},${area.bottom}Z`, fill: `url(#${id})` }), path];
}

/** @param {Record<string, any>} trace @param {Area} area */
function marks({ x, y, marker }, area) {
  const each = (/** @type {any} */ value, /** @type {number} */ k) => (Array.isArray(value) ? value[k] : value);
  return x.map((/** @type {number} */ at, /** @type {number} */ k) => {
    const [cx, cy, r] = [area.x(at), area.y(y[k]), each(marker.size, k) / 2];
    const ink = { fill: each(marker.color, k), stroke: each(marker.line.color, k), "stroke-width": each(marker.line.width, k) };
    const way = { "triangle-up": -1, "triangle-down": 1 }[/** @type {string} */ (each(marker.symbol, k))];
    if (!way) return make("circle", { cx, cy, r, ...ink });
    return make("path", { d: `M${cx - r * 1.15},${cy - (way * r) / 1.7}h${r * 2.3}L${cx},${cy + way * r * 1.15}Z`, ...ink });
  });
}

/** @param {Record<string, any>} layout @param {Area} area */
function labels({ xaxis, yaxis, font }, area) {
  const hand = { fill: colour("text-3"), "font-family": font.family, "font-size": font.size };
  const text = (/** @type {string} */ words, /** @type {Record<string, any>} */ place) => Object.assign(make("text", { ...hand, ...place }), { textContent: words });
  return [
    ...xaxis.tickvals.map((/** @type {number} */ at, /** @type {number} */ k) => text(xaxis.ticktext[k], { x: area.x(at), y: area.bottom + LABEL_BELOW, "text-anchor": "middle" })),
    ...yaxis.tickvals.map((/** @type {number} */ value, /** @type {number} */ k) => text(yaxis.ticktext[k], { x: area.right + LABEL_BESIDE, y: area.y(value) + HALF_LETTER })),
  ];
}

/** @param {{color: string, width: number, dash?: string}} hand */
function stroke({ color, width, dash }) {
  return { stroke: color, "stroke-width": width, ...(dash && { "stroke-dasharray": DASH[dash] }) };
}

/** @param {string} name @param {Record<string, any>} attributes */
function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
