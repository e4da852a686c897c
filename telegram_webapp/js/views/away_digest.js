/** While you were away: what happened, in three lines, when one returns after an hour. */

import { h } from "../dom.js";
import { change, toneOf } from "../format.js";
import { icon } from "../icons.js";
import { recall, remember } from "../memory.js";
import { span } from "../time.js";

/** @typedef {import("../main.js").App} App */

const HOUR_MS = 3600000;
const KEEP_EVERY_MS = 10000;
const LINES = 3;

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  let keptAt = -Infinity;
  let asking = false;
  root.hidden = true;

  return {
    update(state) {
      const now = app.clock.now();
      if (!state || !now || !app.connection.current.canPause) return;
      if (asking || performance.now() - keptAt < KEEP_EVERY_MS) return;
      keptAt = performance.now();
      const seen = lastSeen(state.engine.market_id);
      remember(keyOf(state.engine.market_id), String(Math.round(now)));
      if (seen && now - seen >= HOUR_MS * Math.max(1, app.clock.speed)) void ask(seen, now - seen);
    },
    unmount() {},
  };

  /** @param {number} since engine clock @param {number} awayMs */
  async function ask(since, awayMs) {
    asking = true;
    try {
      const { lines } = await app.api.get("api/digest", { since });
      if (lines.length) show(lines.slice(0, LINES), awayMs);
    } catch {
      // The card is a courtesy: Activity says the same, only longer.
    }
    asking = false;
  }

  /** @param {{title: string, detail: string, amount: number | null}[]} lines @param {number} awayMs */
  function show(lines, awayMs) {
    const hide = () => { root.hidden = true; };
    const close = h("button.iconbtn.bare", { type: "button", "aria-label": "Dismiss", onclick: hide }, h("span", {}, icon("close")));
    root.replaceChildren(h("div.card.digest", {},
      h("div.digest-head", {}, h("h2", {}, "While you were away"), h("span.cap", {}, span(awayMs)), h("span.sp"), close),
      h("ul", {}, ...lines.map(line))));
    root.hidden = false;
    app.announce(`While you were away: ${lines.map(({ title }) => title).join(". ")}`);
  }
}

/** @param {{title: string, detail: string, amount: number | null}} line */
function line({ title, detail, amount }) {
  return h("li", {}, h("div", {}, h("b", {}, title), detail && h("span.cap", {}, detail)),
    typeof amount === "number" && h("span", { class: `num ${toneOf(amount)}` }, change(amount)));
}

/** @param {string} market @returns {string} */
const keyOf = (market) => `seen.${market}`;

/** @param {string} market @returns {number} engine clock, ms; 0 when never */
const lastSeen = (market) => Number(recall(keyOf(market))) || 0;
