/** The way between views: a bar at the thumb on phones, a rail at the side on desks. */

import { h, setAttr } from "../dom.js";
import { icon } from "../icons.js";
import { BELOW, VIEWS } from "../router.js";

const WORDS = { overview: "Overview", market: "Market", signals: "Signals", performance: "Performance", more: "More" };

/** @param {HTMLElement} root @param {import("../main.js").App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const links = new Map(VIEWS.map((view) => [view, link(app, view)]));
  root.append(...links.values());
  return {
    update(_, changed) {
      root.hidden = app.session.isShut;
      if (!changed.has("route")) return;
      const { view: current } = app.router.current;
      for (const [view, el] of links) setAttr(el, "aria-current", view === current ? "page" : view === BELOW[current] ? "true" : null);
    },
    unmount() {},
  };
}

/** @param {import("../main.js").App} app @param {string} view @returns {HTMLElement} */
function link(app, view) {
  return h("a", { href: app.router.href(view) }, icon(view), /** @type {Record<string, string>} */ (WORDS)[view]);
}
