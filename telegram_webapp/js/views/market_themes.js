/** The themes of the market room: links to each, and the one that is looked at, which comes when it is first asked for. */

import { h, setAttr } from "../dom.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../fold.js").State} State */
/**
 * One theme.
 * @typedef {object} Theme
 * @property {(symbol: string) => void} look
 * @property {(state: State, changed: Set<string>) => void} update
 * @property {() => void} unmount
 */
/** @typedef {{mount: (root: HTMLElement, app: App) => Theme}} ThemeModule */

/** What each is called; the first is the chart itself, which the room keeps. @type {Record<string, string>} */
const WORDS = { "": "Chart", book: "Book", funding: "Funding", anomalies: "Anomalies", predictions: "Predictions", results: "Results", correlation: "Correlation" };
/** @type {Record<string, () => Promise<ThemeModule>>} */
const LATER = {
  book: () => import("./market_book.js"),
  funding: () => import("./market_funding.js"),
  anomalies: () => import("./market_anomalies.js"),
  predictions: () => import("./market_predictions.js"),
  results: () => import("./market_results.js"),
  correlation: () => import("./market_correlation.js"),
};

/** @param {App} app */
export function marketThemes(app) {
  const links = Object.entries(WORDS).map(([name, word]) => ({ name, el: h("a", {}, h("span", {}, word)) }));
  const nav = h("nav.part.room-nav", { "aria-label": "Themes of this market" }, ...links.map(({ el }) => el));
  const el = h("div.part.theme");
  let symbol = "";
  let name = "";
  /** @type {Theme | null} */
  let theme = null;
  return {
    nav, el, look,
    /** @param {State} state @param {Set<string>} changed */
    update: (state, changed) => theme?.update(state, changed),
    unmount: leave,
  };

  /** @param {string} market @param {string} wanted @returns {string} the theme that is shown; "" for the chart */
  function look(market, wanted) {
    const next = wanted in LATER ? wanted : "";
    const turned = next !== name;
    symbol = market;
    for (const link of links) {
      setAttr(link.el, "href", app.router.href("market", link.name ? { symbol, show: link.name } : { symbol }));
      setAttr(link.el, "aria-current", link.name === next ? "page" : null);
    }
    if (turned) void enter(next);
    else theme?.look(symbol);
    return next;
  }

  function leave() {
    theme?.unmount();
    theme = null;
    name = "";
    el.replaceChildren();
  }

  /** @param {string} next */
  async function enter(next) {
    leave();
    name = next;
    el.hidden = !next;
    const link = links.find((one) => one.name === next)?.el;
    link?.scrollIntoView({ block: "nearest", inline: "center" });
    if (!next) return;
    el.append(h("p.cap.asked", {}, "Loading"));
    try {
      const module = await LATER[next]();
      if (name !== next) return;
      el.replaceChildren();
      theme = module.mount(el, app);
      theme.look(symbol);
      theme.update(app.store.state, new Set([...app.store.sections, "time", "route", "connection"]));
    } catch (error) {
      console.warn(`The theme ${next} did not load: ${error}`);
      if (name === next) fail(next);
    }
  }

  /** @param {string} next */
  function fail(next) {
    const again = h("button.btn.quiet", { type: "button", onclick: () => void enter(next) }, "Try again");
    el.replaceChildren(h("div.empty.card", { role: "alert" }, h("b", {}, `${WORDS[next]} did not load`), h("p", {}, "The connection broke on the way. Nothing else is affected."), again));
  }
}
