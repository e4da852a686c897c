/** The kill switch with what it does. */

import { h } from "../dom.js";
import { sectionCard } from "./section_card.js";
import { MEANS, stopButton } from "./stop_button.js";

/** @param {import("../main.js").App} app */
export function stopCard(app) {
  const button = stopButton(app);
  const { el } = sectionCard("Kill switch", h("p.cap", {}, MEANS), button.el);
  return { el, update: () => { button.update(); el.hidden = button.el.hidden; } };
}
