/** Where one is signed in; an owner sees everybody's sessions, and may end them. */

import { h } from "../dom.js";
import { past } from "../time.js";
import { actButton, loadedCard } from "./loaded.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Session */

const VIA = /** @type {Record<string, string>} */ ({ code: "by a one-time code", telegram: "by Telegram" });

/** @param {App} app */
export function sessionsCard(app) {
  return loadedCard({
    title: "Sessions", none: "No session is open: a key asks.",
    load: async () => /** @type {Session[]} */ ((await app.api.get("api/sessions")).sessions),
    row: (session, { again }) => row(app, session, again),
  });
}

/** @param {App} app @param {Session} session @param {() => Promise<void>} again */
function row(app, session, again) {
  const end = session.is_current ? h("span.tag.on", {}, "This one") : actButton(app, "End", async () => {
    await app.api.remove(`api/sessions/${session.id}`);
    await again();
  }, { name: `End session ${session.id} of ${session.subject}`, failed: "The session was not ended" });
  const said = [session.client, session.address, VIA[session.via] ?? session.via, past(session.created_at, Date.now())].filter(Boolean).join(", ");
  return h("li", {}, h("div.who", {}, h("b", {}, h("bdi", {}, session.subject)), h("p.cap", {}, said)), h("div.acts", {}, end));
}
