/** Alerts: what waits, what was told, how one wishes to be told, rules of one's own, what reached the chat. */

import { h } from "../dom.js";
import { modesCard } from "./alert_modes.js";
import { receiptsCard } from "./alert_receipts.js";
import { rulesCard } from "./alert_rules.js";
import { toldCard } from "./alert_told.js";
import { waitingCard } from "./alert_waiting.js";
import { headOf } from "./loaded.js";

/** @typedef {import("../main.js").App} App */

/** However much happens, the server is not asked more often. */
const PAUSE_MS = 2000;

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const [told, modes, rules, receipts] = [toldCard(app), modesCard(app), rulesCard(app), receiptsCard(app)];
  const waiting = waitingCard(app);
  const cards = [waiting, told, modes, rules, receipts];
  const unlisten = app.store.listen((/** @type {string} */ type) => { if (type === "alert_acknowledged") void told.again(); });
  const column = (/** @type {HTMLElement[]} */ ...of) => h("div.more-column", {}, h("div.part.stack", {}, ...of));
  root.append(h("div.more-view.pair", {}, headOf(app, "Alerts"), column(waiting.el, told.el, rules.el, receipts.el), column(modes.el)));
  for (const card of cards) void card.again();
  let newest = newestOf(app.store.state);
  let timer = 0;
  return {
    update(state, changed) {
      if (changed.has("connection") && app.connection.current.canAct) for (const card of cards) card.mend();
      if (!changed.has("activity") || newestOf(state) === newest) return;
      newest = newestOf(state);
      timer ||= setTimeout(() => {
        timer = 0;
        for (const card of [told, rules, receipts]) void card.again();
      }, PAUSE_MS);
    },
    unmount() {
      clearTimeout(timer);
      waiting.stop();
      unlisten();
    },
  };
}

/** @param {App["store"]["state"]} state */
function newestOf(state) {
  return state?.activity.at(-1)?.fact_id ?? "";
}
