/** Who may come in: people, sessions, keys for programs, and who did what. */

import { h } from "../dom.js";
import { auditCard } from "./audit_card.js";
import { keysCard } from "./keys_card.js";
import { headOf } from "./loaded.js";
import { sessionsCard } from "./sessions_card.js";
import { usersCard } from "./users_card.js";

/** @typedef {import("../main.js").App} App */

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const owns = app.role === "owner";
  const sessions = sessionsCard(app);
  const cards = owns ? [usersCard(app), sessions, keysCard(app), auditCard(app)] : [sessions];
  const [first, second] = [cards.filter((_, place) => place % 2 === 0), cards.filter((_, place) => place % 2 === 1)];
  const column = (/** @type {{el: HTMLElement}[]} */ of) => h("div.more-column", {}, h("div.part.stack", {}, ...of.map(({ el }) => el)));
  root.append(h("div.more-view.pair", {}, headOf(app, "Access"), column(first), column(second)));
  for (const card of cards) void card.again();
  return {
    update(_, changed) {
      if (changed.has("connection") && app.connection.current.canAct) for (const card of cards) card.mend();
    },
    unmount() {},
  };
}
