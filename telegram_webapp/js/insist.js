/** Modules that come later must come in the end, also over a connection that breaks meanwhile. */

const FIRST_MS = 1000;
const CAP_MS = 15000;

/**
 * Import until it works.
 * @template T
 * @param {() => Promise<T>} load
 * @param {(error: unknown) => void} [onFailure] told of each failure
 * @returns {Promise<T>}
 */
export async function insist(load, onFailure = () => {}) {
  for (let wait = FIRST_MS; ; wait = Math.min(CAP_MS, wait * 2)) {
    try {
      return await load();
    } catch (error) {
      onFailure(error);
      await new Promise((resolve) => { setTimeout(resolve, wait * (0.5 + Math.random() / 2)); });
    }
  }
}
