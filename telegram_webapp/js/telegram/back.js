/** Where Back leads: through the places one came by, then up to the overview. */

import { BELOW } from "../router.js";

/** @typedef {import("../router.js").Route} Route */
/** @typedef {{key: string, view: string, params: Record<string, string>}} Place */

const KEPT = 20;

export class BackPath {
  /** @type {Place[]} */
  #path = [];

  /** Note what is shown now. @param {Route} route */
  note({ view, params }) {
    // Filters do not make another place: one trade does.
    const place = { key: `${view} ${params.get("trade") ?? ""}`, view, params: Object.fromEntries(params) };
    if (this.#path.at(-1)?.key === place.key) this.#path.pop();
    else if (this.#path.at(-2)?.key === place.key) this.#path.splice(-2);
    this.#path = view === "overview" ? [place] : [...this.#path, place].slice(-KEPT);
  }

  /** @returns {{view: string, params: Record<string, string>} | null} null on the overview */
  get target() {
    const here = this.#path.at(-1);
    if (!here || here.view === "overview") return null;
    if (this.#path.length > 1) return /** @type {Place} */ (this.#path.at(-2));
    return { view: here.params.trade ? here.view : BELOW[here.view] ?? "overview", params: {} };
  }
}
