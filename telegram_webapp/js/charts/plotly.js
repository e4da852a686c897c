/** Plotly, fetched once and late: the first figures must not wait for a chart. */

/** @typedef {any} Plotly the library as its script defines it */

const IDLE_TIMEOUT_MS = 1500;

/** @type {Promise<Plotly> | null} */
let loading = null;

/**
 * Fetch the library when the page has a moment.
 * @param {string} url of its script
 * @returns {Promise<Plotly>}
 * @throws {Error} the script did not come; the next call tries again
 */
export function loadPlotly(url) {
  loading ??= idle().then(() => addScript(url)).catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

/** @returns {Promise<void>} resolved after the next paint, when nothing is urgent */
function idle() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => {
      if ("requestIdleCallback" in window) requestIdleCallback(() => resolve(), { timeout: IDLE_TIMEOUT_MS });
      else setTimeout(resolve, 1);
    });
  });
}

/** @param {string} url @returns {Promise<Plotly>} */
function addScript(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.async = true;
    script.onload = () => resolve(/** @type {any} */ (window).Plotly);
    script.onerror = () => {
      script.remove();
      reject(new Error(`The chart library must come from ${url}, it did not`));
    };
    document.head.append(script);
  });
}
