/** The three views of what was earned: results, the comparison, the trades. */

import { h } from "../dom.js";

const WORDS = { performance: "Results", "ab-test": "A/B test", trades: "Trades" };

/**
 * Make the row of links.
 * @param {import("../main.js").App} app
 * @param {keyof typeof WORDS} current
 * @returns {HTMLElement}
 */
export function performanceTabs(app, current) {
  const { params } = app.router.current;
  const account = params.get("account");
  const links = Object.entries(WORDS).map(([view, word]) =>
    h("a", { href: app.router.href(view, account ? { account } : {}), "aria-current": view === current ? "page" : null }, word));
  return h("nav.part", { "aria-label": "Performance" }, h("div.segs", {}, ...links));
}
