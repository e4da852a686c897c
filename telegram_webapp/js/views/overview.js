/** The phone's first view: alive, how am I doing, what is at risk, what happened. */

import { h } from "../dom.js";
import { insist } from "../insist.js";
import { mount as mountFigures } from "./figures.js";
import { mount as mountHero } from "./hero.js";
import { mount as mountPrices } from "./prices.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../main.js").View} View */

/** The first screen. @type {Record<string, (root: HTMLElement, app: App) => View>} */
const FIRST = { hero: mountHero, figures: mountFigures, prices: mountPrices };
/** What follows it, in order; the digest stands above everything when there is one. */
const REST = ["positions", "orders", "activity"];

/** @param {HTMLElement} root @param {App} app @returns {View} */
export function mount(root, app) {
  const digest = box("digest");
  digest.hidden = true;
  const first = Object.entries(FIRST).map(([name, part]) => ({ el: box(name), part }));
  const rest = REST.map(box);
  root.append(h("h1.vh", {}, "Overview"), digest, ...first.map(({ el }) => el), ...rest);
  const parts = first.map(({ el, part }) => part(el, app));
  let gone = false;
  // After the frame with the first figures.
  requestAnimationFrame(() => setTimeout(() => void more(), 0));

  return {
    update(state, changed) {
      for (const part of parts) part.update(state, changed);
    },
    unmount() {
      gone = true;
      for (const part of parts) part.unmount();
    },
  };

  async function more() {
    const module = await insist(() => import("./overview_rest.js"));
    if (gone) return;
    const added = module.mountRest([...rest, digest], app);
    const all = new Set([...app.store.sections, "connection", "time", "role"]);
    for (const part of added) part.update(app.store.state, all);
    parts.push(...added);
  }
}

/** @param {string} name @returns {HTMLElement} */
function box(name) {
  return h(`section.part.part-${name}`);
}
