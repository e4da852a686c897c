/** Telegram's own script: asked for only inside Telegram, and never waited for by what can do without. */

/** @typedef {Record<string, any>} WebApp the object of Telegram's script */

const SOURCE = "https://telegram.org/js/telegram-web-app.js";
const PATIENCE_MS = 20000;

/**
 * Load the script.
 * @returns {Promise<WebApp | null>} null if it did not come in time
 */
export function loadScript() {
  const there = webApp();
  if (there) return Promise.resolve(there);
  return new Promise((resolve) => {
    const script = document.createElement("script");
    const end = () => {
      clearTimeout(timer);
      resolve(webApp());
    };
    const timer = setTimeout(end, PATIENCE_MS);
    script.src = SOURCE;
    script.async = true;
    script.onload = script.onerror = end;
    document.head.append(script);
  });
}

/** @returns {WebApp | null} */
function webApp() {
  return /** @type {any} */ (window).Telegram?.WebApp ?? null;
}
