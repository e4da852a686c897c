/** The large screen: account left, market and positions in the middle, decisions right. */

import { h } from "../dom.js";
import { recall, remember } from "../memory.js";
import { mount as mountActivity } from "./activity.js";
import { mount as mountDigest } from "./away_digest.js";
import { candleBox } from "./candle_box.js";
import { mount as mountComparison } from "./desk_ab.js";
import { mount as mountFoot } from "./desk_foot.js";
import { mount as mountLists } from "./desk_lists.js";
import { mount as mountFigures } from "./figures.js";
import { mount as mountHero } from "./hero.js";
import { mount as mountOutlook } from "./outlook.js";
import { symbolTabs } from "./symbols.js";
import { mount as mountWatchlist } from "./watchlist.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../main.js").View} View */

const KEPT = "desk.symbol";

/** @param {HTMLElement} root @param {App} app @returns {View} */
export function mount(root, app) {
  const box = (/** @type {string} */ name) => h(`section.desk-${name}`);
  const left = { hero: box("hero"), figures: box("figures"), watch: box("watch") };
  const middle = { market: box("market"), lists: box("lists") };
  const right = { digest: box("digest"), outlook: box("outlook"), comparison: box("comparison"), activity: box("activity") };
  const foot = h("footer.desk-foot");
  const column = (/** @type {string} */ name, /** @type {Record<string, HTMLElement>} */ boxes) => h(`div.desk-column.desk-${name}`, {}, ...Object.values(boxes));
  root.append(h("div.desk", {}, h("h1.vh", {}, "Overview"), h("div.desk-grid", {}, column("left", left), column("middle", middle), column("right", right)), foot));
  for (const card of [left.hero, left.watch, middle.market, middle.lists, right.outlook, right.comparison, right.activity]) card.classList.add("card");

  const market = mountMarket(middle.market, app);
  const parts = [
    mountHero(left.hero, app), mountFigures(left.figures, app), mountWatchlist(left.watch, app, market.choose),
    market, mountLists(middle.lists, app, market.choose),
    mountDigest(right.digest, app), mountOutlook(right.outlook, app), mountComparison(right.comparison, app), mountActivity(right.activity, app, { all: true }),
    mountFoot(foot, app),
  ];
  // What scrolls inside itself must be reachable without a mouse.
  for (const list of root.querySelectorAll(".desk-right ul")) list.setAttribute("tabindex", "0");
  return {
    update(state, changed) {
      for (const part of parts) part.update(state, changed);
    },
    unmount() {
      for (const part of parts) part.unmount();
    },
  };
}

/**
 * Candles of one market, with the choice of which and how long.
 * @param {HTMLElement} root
 * @param {App} app
 * @returns {View & {choose: (symbol: string) => void}}
 */
function mountMarket(root, app) {
  let symbol = recall(KEPT) ?? "";
  const tabs = symbolTabs((name) => ({ choose: () => choose(name) }));
  const chart = candleBox(app);
  root.append(h("div.desk-head", {}, tabs.el, h("span.sp"), chart.chips), chart.box);

  return {
    choose,
    update(state, changed) {
      const symbols = Object.keys(state?.prices ?? {});
      if (!state || !symbols.length) return;
      if (!symbols.includes(symbol)) symbol = symbols[0];
      tabs.update(symbols, symbol);
      chart.look(symbol);
      chart.update(state, changed);
    },
    unmount: chart.unmount,
  };

  /** @param {string} name */
  function choose(name) {
    symbol = name;
    remember(KEPT, name);
    tabs.update(Object.keys(app.store.state?.prices ?? {}), symbol);
    chart.look(symbol);
  }
}
