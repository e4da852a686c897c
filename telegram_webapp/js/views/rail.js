/** The rail: stop at the left, target at the right (for shorts too), entry and mark between. */

import { h, setAttr } from "../dom.js";
import { toneOf } from "../format.js";

const PAD = 0.35;

/** Make a rail; the desk's table uses it as well. */
export function createRail() {
  const fill = h("i.fill");
  const entry = h("i.entry");
  const now = h("i.now");
  const el = h("div.rail", { role: "img" }, fill, entry, now);
  return {
    el,
    /** @param {Record<string, any>} position */
    update(position) {
      const [from, to] = ends(position);
      const place = (/** @type {number} */ price) => Math.max(0, Math.min(1, (price - from) / (to - from || 1)));
      const [a, b] = [place(position.entry_price), place(position.mark_price)];
      entry.style.left = share(a);
      now.style.left = share(b);
      fill.style.left = share(Math.min(a, b));
      fill.style.width = share(Math.abs(a - b));
      setAttr(fill, "class", `fill ${toneOf(position.unrealized_pnl)}`);
      setAttr(el, "aria-label", `Mark is ${Math.round(b * 100)}% of the way from stop to target, entry at ${Math.round(a * 100)}%`);
    },
  };
}

/**
 * Where the rail begins and ends. A missing level lies as far beyond entry and mark as keeps
 * both in sight.
 * @param {Record<string, any>} position
 * @returns {[number, number]}
 */
function ends({ side, stop_price, target_price, entry_price, mark_price }) {
  const way = side === "long" ? 1 : -1;
  const reach = Math.max(Math.abs(mark_price - entry_price), entry_price * 0.005) * (1 + PAD);
  return [stop_price ?? entry_price - way * reach, target_price ?? entry_price + way * reach];
}

/** @param {number} part @returns {string} */
const share = (part) => `${(part * 100).toFixed(2)}%`;
