/** Style sheets of what is not on the first screen: charts and the other views. */

const LATE = ["charts", "market", "trades", "more", "desk"];

/** @type {Promise<unknown> | null} */
let loading = null;

/**
 * Load them, once; their order is always the same, so the cascade is too.
 * @param {string} staticPath
 * @returns {Promise<unknown>} when they hold
 */
export function lateStyles(staticPath) {
  loading ??= Promise.all(LATE.map((name) => load(`${staticPath}css/${name}.css`)));
  return loading;
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
