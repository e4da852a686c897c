/** Which symbols of the exchange are followed, changed while it runs; for owners. */

import { h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../main.js").App} App */

const MANY = 12;

/** @param {App} app */
export function symbolsCard(app) {
  const rows = h("ul.holdings");
  const field = /** @type {HTMLInputElement} */ (h("input", { name: "symbol", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", placeholder: "XRP/USDT", required: true, maxlength: "40", list: "known-symbols" }));
  const known = h("datalist", { id: "known-symbols" });
  const form = h("form.add.two", { onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); void add(); } }, h("label.field", {}, h("span", {}, "Follow another"), field), h("button.btn.quiet", { type: "submit" }, "Add"), known);
  const card = sectionCard("Symbols", rows, form);
  card.el.hidden = true;
  let shown = "";
  let asked = "";
  field.addEventListener("input", () => void search());
  return {
    el: card.el,
    /** @param {import("../fold.js").State} state */
    update(state) {
      card.el.hidden = state.engine.market !== "exchange" || app.role !== "owner";
      const symbols = Object.keys(state.prices);
      if (shown === symbols.join()) return;
      shown = symbols.join();
      card.remark(String(symbols.length));
      rows.replaceChildren(...symbols.map((symbol) => row(symbol, symbols.length > 1)));
    },
  };

  /** @param {string} symbol @param {boolean} more whether it is not the last */
  function row(symbol, more) {
    const remove = h("button.iconbtn.bare", { type: "button", "aria-label": `Follow ${symbol} no more`, disabled: !more, onclick: () => void app.commands.ask("symbols", { remove: symbol }, { subject: symbol }) }, h("span", {}, icon("close", true)));
    return h("li", {}, h("a.link", { href: app.router.href("market", { symbol }) }, symbol), remove);
  }

  async function add() {
    const symbol = field.value.trim().toUpperCase();
    if (!symbol) return;
    await app.commands.ask("symbols", { add: symbol }, { subject: symbol });
    field.value = "";
  }

  /** Offer what the exchange has of that name. */
  async function search() {
    const word = field.value.trim().toUpperCase();
    if (!word || word === asked) return;
    asked = word;
    try {
      const { symbols } = await app.api.get("api/markets", { search: word, limit: MANY });
      if (word === asked) known.replaceChildren(...symbols.map((/** @type {string} */ value) => h("option", { value })));
    } catch {
      setText(known, "");
    }
  }
}
