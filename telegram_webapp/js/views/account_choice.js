/** Which account's history is shown, when there is more than the one that trades. */

import { h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { recall, remember } from "../memory.js";
import { choice } from "./choice.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Account */

const KEPT = "accounts";

/**
 * @param {App} app
 * @param {(id: string) => void} chosen "" for the one that trades
 */
export function accountChoice(app, chosen) {
  const list = choice("Account", chosen);
  // Its place is kept from visit to visit, so that nothing moves when the list comes.
  const el = h("div.filters.accounts", { hidden: recall(KEPT) !== "several" }, list.el);
  const words = h("span.d");
  const note = h("div.part", { hidden: true }, h("div.banner", { "data-tone": "warn" }, icon("clock"), h("div", {}, h("b", {}, "Not the account that trades now"), words)));
  /** @type {Account[]} */
  let known = [];
  let current = "";
  let asked = false;
  return {
    el, note,
    /** @param {string} id */
    show(id) {
      current = id;
      draw();
    },
    /** @param {Set<string>} changed */
    update(changed) {
      if (!asked && changed.size) void ask();
    },
  };

  async function ask() {
    asked = true;
    try {
      known = (await app.api.get("api/accounts")).accounts;
      draw();
    } catch {
      // Without the list the account that trades is shown, as always.
      asked = false;
    }
  }

  function draw() {
    const others = known.filter((account) => !account.current);
    const now = known.find((account) => account.current);
    if (known.length) {
      el.hidden = !others.length;
      remember(KEPT, others.length ? "several" : "one");
    }
    list.offer(["", ...others.map(({ id }) => String(id))], now ? `${now.market_id}, trades now` : "The account that trades", current, Object.fromEntries(others.map((account) => [String(account.id), nameOf(account)])));
    const chosen = others.find(({ id }) => String(id) === current);
    note.hidden = !current;
    setText(words, chosen ? `${nameOf(chosen)}. Its history is shown; nothing here is live.` : "Its history is shown; nothing here is live.");
  }
}

/** @param {Account} account */
function nameOf({ id, market_id: market, imported, archived_at: archived }) {
  const kind = imported ? "Imported" : archived ? "Archived" : "Other";
  return `${kind}: ${market}, no. ${id}`;
}
