/** What was sent to one's chat, and how far it came. */

import { h } from "../dom.js";
import { counted } from "../format.js";
import { when, zone } from "../time.js";
import { loadedCard } from "./loaded.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Receipt */

const SHOWN = 20;
const WORDS = /** @type {Record<string, [string, string]>} */ ({ waiting: ["waits", ""], sent: ["sent", "on"], failed: ["failed", "bad"], digested: ["in a digest", ""], folded: ["told with another", ""] });

/** @param {App} app */
export function receiptsCard(app) {
  const card = loadedCard({
    title: "Sent to your chat", none: "Nothing was sent to a chat of yours. Messages come when the bot runs and you sign in by Telegram.",
    load: async () => {
      const { receipts, waiting } = await app.api.get("api/alerts/receipts", { limit: SHOWN });
      card.remark(waiting ? `${waiting} wait${waiting === 1 ? "s" : ""}, ${zone.name}` : zone.name);
      return /** @type {Receipt[]} */ (receipts);
    },
    row: (receipt) => row(receipt),
  });
  return card;
}

/** @param {Receipt} receipt */
function row(receipt) {
  const [word, tone] = WORDS[receipt.state] ?? [receipt.state, ""];
  const said = [when(receipt.happened_at, Date.now()), receipt.is_silent && "silent", receipt.times > 1 && `${receipt.times} times`, receipt.attempts > 1 && counted(receipt.attempts, "attempt"), receipt.is_doubtful && "may have come twice", receipt.error].filter(Boolean).join(", ");
  return h("li", {}, h("div.who", {}, h("b", {}, receipt.title || "Digest"), h("p.cap", {}, said)), h("div.acts", {}, h("span", { class: `tag ${tone}` }, word)));
}
