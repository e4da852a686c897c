/** What people and programs asked for, and what came of it; for owners. */

import { h } from "../dom.js";
import { when, zone } from "../time.js";
import { detailOf, loadedCard } from "./loaded.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Row */

const PAGE = 20;
const TELLING = ["command", "text", "position_id", "order_id", "name", "role", "session", "user_id"];

/** @param {App} app */
export function auditCard(app) {
  /** @type {Row[]} */
  let rows = [];
  let cursor = "";
  const more = h("button.btn.quiet", { type: "button", hidden: true, onclick: () => void older() }, "Older");
  const card = loadedCard({ title: "Audit", none: "Nothing was asked for yet.", load: () => page(""), row: (row) => line(row) }, more);
  card.remark(zone.name);
  return card;

  /** @param {string} from @returns {Promise<Row[]>} */
  async function page(from) {
    const answer = await app.api.get("api/audit", { limit: PAGE, cursor: from });
    rows = from ? [...rows, ...answer.audit] : answer.audit;
    cursor = answer.next_cursor ?? "";
    more.hidden = !cursor;
    return rows;
  }

  async function older() {
    try {
      await page(cursor);
      card.el.querySelector("ul")?.replaceChildren(...rows.map(line));
    } catch (error) {
      app.toast({ tone: "bad", title: "Older rows did not load", detail: detailOf(error) });
    }
  }
}

/** @param {Row} row */
function line(row) {
  const about = { ...row.detail, ...row.detail.args };
  const told = TELLING.map((name) => about[name]).filter(Boolean).join(" ");
  const good = ["done", "asked"].includes(row.result);
  return h("li", {}, h("div.who", {}, h("b", {}, `${row.action.replaceAll("_", " ")} ${told}`.trim()), h("p.cap", {}, `${row.actor}, ${when(row.at, Date.now())}`)), h("div.acts", {}, h("span", { class: `tag ${good ? "" : "bad"}` }, row.result.replaceAll("_", " "))));
}
