/** Style sheets of what is not on the first screen: charts and the other views. */

const ALONE = ["signin", "door"];
const LATE = ["charts", "market", "trades", "more", "desk"];
/** What only some views need beyond those. @type {Record<string, string[]>} */
const OWN = { market: ["performance", "room"], signin: ["signin"], door: ["signin"], desk: ["performance"], signals: ["signals"], trades: ["signals", "performance"], performance: ["signals", "performance"], "ab-test": ["performance"], alerts: ["people", "system"], access: ["people"], settings: ["settings"], exchange: ["performance", "people", "exchange"], system: ["performance", "people", "system"], display: ["display"], enhanced: ["performance", "people", "enhanced"] };

/** @type {Map<string, Promise<void>>} */
const loading = new Map();

/**
 * Load what a view needs, each sheet once.
 * @param {string} staticPath
 * @param {string} [view]
 * @returns {Promise<unknown>} when they hold
 */
export function lateStyles(staticPath, view = "") {
  return Promise.all([...(ALONE.includes(view) ? [] : LATE), ...(OWN[view] ?? [])].map((name) => lateStyle(staticPath, name)));
}

/** @param {string} staticPath @param {string} name of the sheet @returns {Promise<void>} when it holds */
export function lateStyle(staticPath, name) {
  const url = `${staticPath}css/${name}.css`;
  const sheet = loading.get(url) ?? load(url);
  loading.set(url, sheet);
  return sheet;
}

/** @param {string} href @returns {Promise<void>} also when it fails: a view without its colours still reads */
function load(href) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = href;
  return new Promise((resolve) => {
    link.onload = link.onerror = () => resolve();
    document.head.append(link);
  });
}
