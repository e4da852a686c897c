/** Colours and manners of every chart, resolved from the page's own tokens. */

/** @type {Map<string, number[]>} */
const resolved = new Map();
/** @type {CanvasRenderingContext2D | null} */
let pixel = null;

/** Read the tokens anew at the next use: the theme changed. */
export function forgetColours() {
  resolved.clear();
}

/**
 * A token as a colour that Plotly can read; it knows neither variables nor `color-mix()`.
 * @param {string} token name without its dashes, like "accent"
 * @param {number} [alpha] 0 to 1
 * @returns {string}
 */
export function colour(token, alpha = 1) {
  let rgb = resolved.get(token);
  if (!rgb) {
    rgb = paint(token);
    resolved.set(token, rgb);
  }
  return `rgba(${rgb[0]},${rgb[1]},${rgb[2]},${alpha})`;
}

/** Paint one pixel with the token and look at it. @param {string} token @returns {number[]} */
function paint(token) {
  const probe = document.createElement("i");
  probe.style.color = `var(--${token})`;
  document.body.append(probe);
  const css = getComputedStyle(probe).color;
  probe.remove();
  pixel ??= Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const context = /** @type {CanvasRenderingContext2D} */ (pixel);
  context.clearRect(0, 0, 1, 1);
  context.fillStyle = css;
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data];
}

/** The page's typeface, as Plotly wants it named. @returns {string} */
export function typeface() {
  return getComputedStyle(document.documentElement).getPropertyValue("--font");
}

/** What a chart stands on: the card's colour, or the page's. @param {Element} element @returns {string} */
export function groundOf(element) {
  return element.closest(".card") ? "surface" : "bg";
}

const BARE = { showline: false, zeroline: false, ticks: "", showgrid: false, fixedrange: true, automargin: false };

/**
 * A layout in our hand; `xaxis`, `yaxis` and `yaxis2` are merged, the rest is replaced.
 * @param {Record<string, any>} own
 * @returns {Record<string, any>}
 */
export function layoutOf(own) {
  const family = typeface();
  const tickfont = { family, size: 11, color: colour("text-3") };
  const value = { ...BARE, tickfont, side: "right", showgrid: true, gridcolor: colour("line"), gridwidth: 1, nticks: 4, ticklabelstandoff: 6 };
  const layout = {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family, size: 11, color: colour("text-3") },
    showlegend: false,
    dragmode: false,
    hovermode: "x unified",
    hoverlabel: { bgcolor: colour("surface"), bordercolor: colour("line-strong"), font: { family, size: 12, color: colour("text") } },
    ...own,
    xaxis: { ...BARE, tickfont, showspikes: false, ...own.xaxis },
    yaxis: { ...value, ...own.yaxis },
  };
  return own.yaxis2 ? { ...layout, yaxis2: { ...value, ...own.yaxis2 } } : layout;
}

/**
 * A fill that fades downwards.
 * @param {string} token
 * @param {[number, number]} span values where it is nothing and where it is full
 * @returns {Record<string, any>}
 */
export function fading(token, [from, to]) {
  return { type: "vertical", colorscale: [[0, colour(token, 0)], [1, colour(token, 0.22)]], start: from, stop: to };
}
