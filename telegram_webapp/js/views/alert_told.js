/** The newest alerts, each leading to its place. */

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { follow, placeOf } from "../places.js";
import { when, zone } from "../time.js";
import { loadedCard } from "./loaded.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Alert */

const SHOWN = 20;
const GLYPHS = /** @type {Record<string, [string, string]>} */ ({ info: ["bell", ""], warn: ["alert", "warn"], error: ["alert", "loss"] });

/** @param {App} app */
export function toldCard(app) {
  const card = loadedCard({
    title: "Told lately", none: "Nothing yet. Fills, stops, refusals and what your rules say are told here.",
    load: async () => /** @type {Alert[]} */ ((await app.api.get("api/alerts", { limit: SHOWN })).alerts),
    row: (alert) => row(app, alert),
  });
  card.remark(zone.name);
  card.el.classList.add("told");
  return card;
}

/** @param {App} app @param {Alert} alert */
function row(app, alert) {
  const [glyph, tone] = GLYPHS[alert.level] ?? GLYPHS.info;
  return h("li", {}, h("span", { class: `ic ${tone}` }, icon(glyph)), h("div.who", {}, h("b", {}, alert.title), h("p.cap", {}, alert.detail), alert.acknowledged_at !== null && h("p.cap", {}, `Seen to by ${alert.acknowledged_by}, ${when(alert.acknowledged_at, app.clock.now())}`)),
    h("div.acts", {}, h("span.cap", {}, when(alert.at, app.clock.now())), alert.link && open(app, alert)));
}

/** @param {App} app @param {Alert} alert */
function open(app, { link, title }) {
  const { view, params } = placeOf(link);
  return h("a.link", { href: app.router.href(view, params), "aria-label": `Open: ${title}`, onclick: (/** @type {MouseEvent} */ event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    follow(app, link);
  } }, "Open");
}
