/** What the page keeps between visits. Storage may be refused (private windows, frames). */

const PREFIX = "quarterdeck.";

/** @param {string} key @returns {string | null} */
export function recall(key) {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

/** @param {string} key @param {string} value */
export function remember(key, value) {
  try {
    localStorage.setItem(PREFIX + key, value);
  } catch {
    // Nothing depends on it: the next visit starts from the default.
  }
}
