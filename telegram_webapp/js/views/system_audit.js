/** Who did what, beside the alerts: for owners. */

import { h } from "../dom.js";
import { auditCard } from "./audit_card.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../main.js").App} App */

/** @param {App} app @returns {import("./system.js").Late} */
export function auditPart(app) {
  if (app.role !== "owner") return { el: sectionCard("Audit", h("p.cap", {}, "Who asked for what is for owners to see.")).el };
  const card = auditCard(app);
  card.el.classList.add("audit");
  void card.again();
  return { el: card.el, update: (changed) => { if (changed.has("connection") && app.connection.current.canAct) card.mend(); } };
}
