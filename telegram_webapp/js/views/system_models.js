/** How good the strategies' models are; the performance view has more. */

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { learningCards } from "./learning_cards.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../main.js").App} App */

/** @param {App} app @returns {import("./system.js").Late} */
export function modelsPart(app) {
  const learning = learningCards(app);
  const more = h("a.link.all", { href: app.router.href("performance") }, "Performance", icon("chevron", true));
  const none = sectionCard("Models", h("p.cap", {}, "No model has predicted anything yet. Their scores stand here once it is known what came true."), more);
  none.el.hidden = true;
  void learning.load({ strategy: "", account: "" }).then(() => { none.el.hidden = learning.cards.some((card) => !card.hidden); });
  return { el: h("div.stack", {}, ...learning.cards.reverse(), none.el) };
}
