/** Icons on a 24 px grid, drawn with one stroke; decorative, so hidden from screen readers. */

const SVG = "http://www.w3.org/2000/svg";

/** @type {Record<string, string>} */
const PATHS = {
  overview: "M4 14a8 8 0 0 1 16 0M12 14l4-4.500M4 18h16",
  market: "M7 4v3M7 15v5M17 4v5M17 16v4M5 7h4v8H5zM15 9h4v7h-4z",
  trades: "M4 8h13M14 5l3 3-3 3M20 16H7M10 13l-3 3 3 3",
  signals: "M12 11.900h.01M9.200 14.800a4 4 0 0 1 0-5.700M14.800 9.100a4 4 0 0 1 0 5.700M6.400 17.600a8 8 0 0 1 0-11.300M17.600 6.300a8 8 0 0 1 0 11.300",
  performance: "M4 19h16M5 15l4.500-5 4 3L20 6M15.500 6H20v4.500",
  more: "M5 6.500h14M5 12h14M5 17.500h9",
  pause: "M9 7v10M15 7v10",
  play: "M8.500 6.500v11l9-5.500z",
  close: "M6.500 6.500l11 11M17.500 6.500l-11 11",
  chevron: "M9.500 6l6 6-6 6",
  clock: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 8v4l3 2",
  alert: "M12 4.500l8.500 15h-17zM12 10v4M12 16.800h.01",
  offline: "M4 4l16 16M8.500 14.500a5 5 0 0 1 6.200-.7M5 11a10 10 0 0 1 4-2.400M12.500 8.100A10 10 0 0 1 19 11M12 18h.01",
  engine: "M4 10h3l2-3h6l2 3h3v7h-3l-2 2H9l-2-2H4zM12 4v3",
  up: "M12 19V5M6 11l6-6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  ok: "M5 12.500l4.500 4.500L19 7.500",
  refused: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM6.500 17.500l11-11",
  funding: "M4 12h16M15 7l5 5-5 5",
  bell: "M6 16v-5a6 6 0 0 1 12 0v5l2 2H4zM10 20.500h4",
  scale: "M12 4v16M7 20h10M5 7h14M5 7l-2.500 6h5zM19 7l-2.500 6h5z",
  person: "M12 4.500a3.500 3.500 0 1 1 0 7 3.500 3.500 0 0 1 0-7zM5 20a7 7 0 0 1 14 0",
  order: "M6 4h12v16H6zM9 9h6M9 13h6",
  stop: "M12 3.500l7 3v5c0 4.500-3 7.500-7 9-4-1.500-7-4.500-7-9v-5z",
  target: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 8.500a3.500 3.500 0 1 1 0 7 3.500 3.500 0 0 1 0-7z",
  flag: "M6 20V4.500h11l-2 4 2 4H6",
  key: "M8.500 10.500a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM11.500 12l8-8M16 7.500l2.500 2.500",
  moon: "M19 14.500A7.500 7.500 0 0 1 9.500 5a7.500 7.500 0 1 0 9.500 9.500z",
  exit: "M10 5H5v14h5M14 8l4 4-4 4M18 12H9",
};

/**
 * Make an icon.
 * @param {string} name
 * @param {boolean} [small] 16 px instead of 20
 * @returns {SVGElement}
 */
export function icon(name, small = false) {
  return svg(`i${small ? " s" : ""}`, "0 0 24 24", PATHS[name]);
}

/**
 * Make the mark of Quarterdeck: a compass ring with a pointer, read as a Q.
 * @returns {SVGElement}
 */
export function mark() {
  return svg("i mark", "0 0 26 26", "M21.500 12.500a8.500 8.500 0 1 1-17 0 8.500 8.500 0 0 1 17 0M13 12.500l8 8.500M13 2v3M2.500 12.500h3");
}

/**
 * Make a small line of numbers without axes.
 * @param {number[]} values oldest first
 * @param {number} width px
 * @param {number} height px
 * @returns {SVGElement}
 */
export function sparkline(values, width, height) {
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const points = values.map((value, i) => {
    const x = 1 + (i / Math.max(1, values.length - 1)) * (width - 2);
    const y = height - 2 - ((value - low) / span) * (height - 4);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  const line = svg("spark", `0 0 ${width} ${height}`, points.length > 1 ? `M${points.join("L")}` : "");
  line.setAttribute("width", String(width));
  line.setAttribute("height", String(height));
  return line;
}

/** @param {string} classes @param {string} viewBox @param {string} path @returns {SVGElement} */
export function svg(classes, viewBox, path) {
  const element = document.createElementNS(SVG, "svg");
  element.setAttribute("class", classes);
  element.setAttribute("viewBox", viewBox);
  element.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  element.append(line);
  return element;
}
