/** The phone's first view: alive, how am I doing, what is at risk, what happened. */

import { h } from "../dom.js";
import { mount as mountActivity } from "./activity.js";
import { mount as mountDigest } from "./away_digest.js";
import { mount as mountFigures } from "./figures.js";
import { mount as mountHero } from "./hero.js";
import { mount as mountOrders } from "./orders.js";
import { mount as mountPositions } from "./positions.js";
import { mount as mountPrices } from "./prices.js";

const PARTS = { digest: mountDigest, hero: mountHero, figures: mountFigures, prices: mountPrices, positions: mountPositions, orders: mountOrders, activity: mountActivity };

/** @param {HTMLElement} root @param {import("../main.js").App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const parts = Object.entries(PARTS).map(([name, part]) => {
    const box = h(`section.part.part-${name}`);
    root.append(box);
    return part(box, app);
  });
  return {
    update(state, changed) {
      for (const part of parts) part.update(state, changed);
    },
    unmount() {
      for (const part of parts) part.unmount();
    },
  };
}
