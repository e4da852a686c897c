/** A field that finds a market among many: type, choose with arrows, enter or a press. */

import { h, setAttr, setText } from "../dom.js";
import { percentChange, price as priceText, toneOf } from "../format.js";
import { svg } from "../icons.js";
import { keysAct } from "../keys.js";

/** @typedef {import("../main.js").App} App */

const LIST = "symbols-found";
const OPTION = "symbol-found-";
const LENS = "M10.5 4.5a6 6 0 1 1 0 12 6 6 0 0 1 0-12M15 15l4.5 4.5";
const FIELDS = "input, select, textarea, [contenteditable]";

/** What is compared: letters and digits only, so "btcusdt" finds BTC/USDT. @param {string} text */
const plain = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/**
 * Those that match, those that begin with it first.
 * @param {string[]} symbols
 * @param {string} text
 * @returns {string[]}
 */
export function matching(symbols, text) {
  const wanted = plain(text);
  const found = symbols.filter((symbol) => plain(symbol).includes(wanted));
  const begins = (/** @type {string} */ symbol) => Number(!plain(symbol).startsWith(wanted));
  return found.sort((a, b) => begins(a) - begins(b) || a.localeCompare(b));
}

/**
 * Make the field; "/" leads to it.
 * @param {App} app
 * @param {(symbol: string) => void} choose
 * @returns {{el: HTMLElement, unmount: () => void}}
 */
export function symbolSearch(app, choose) {
  const input = /** @type {HTMLInputElement} */ (h("input", {
    type: "text", role: "combobox", "aria-label": "Find a market", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": LIST,
    "aria-keyshortcuts": "/", autocomplete: "off", autocapitalize: "none", spellcheck: "false", enterkeyhint: "go", placeholder: "Find a market", dir: "auto",
    oninput: () => open(), onfocus: () => open(), onkeydown: (/** @type {KeyboardEvent} */ event) => pressed(event), onblur: () => close(),
  }));
  const list = h("ul", { id: LIST, role: "listbox", "aria-label": "Markets", hidden: true });
  const none = h("p.cap", { hidden: true });
  const drop = h("div.found.card", { hidden: true, onmousedown: (/** @type {Event} */ event) => event.preventDefault() }, list, none);
  const el = h("div.find", {}, h("label", {}, svg("i", "0 0 24 24", LENS), input), drop);
  /** @type {string[]} */
  let found = [];
  let active = 0;
  document.addEventListener("keydown", slash);
  return { el, unmount: () => document.removeEventListener("keydown", slash) };

  /** @param {KeyboardEvent} event */
  function slash(event) {
    const target = /** @type {Element | null} */ (event.target);
    if (event.key !== "/" || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !keysAct()) return;
    if (target?.closest?.(FIELDS) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    input.focus();
  }

  function open() {
    const { state } = app.store;
    if (!state) return;
    found = matching(Object.keys(state.prices), input.value);
    active = 0;
    list.replaceChildren(...found.map((symbol, i) => option(symbol, i)));
    list.hidden = !found.length;
    none.hidden = found.length > 0;
    setText(none, "No market of that name is followed here.");
    if (!found.length) app.announce("No market of that name");
    drop.hidden = false;
    setAttr(input, "aria-expanded", "true");
    point(active);
  }

  function close() {
    drop.hidden = true;
    setAttr(input, "aria-expanded", "false");
    setAttr(input, "aria-activedescendant", null);
  }

  /** @param {string} symbol @param {number} i */
  function option(symbol, i) {
    const { prices, stats } = /** @type {NonNullable<App["store"]["state"]>} */ (app.store.state);
    const day = prices[symbol].change_24h_pct;
    return h("li", { id: OPTION + i, role: "option", "aria-selected": "false", onclick: () => take(symbol) },
      h("bdi", {}, symbol), h("span.num", {}, priceText(prices[symbol].last, stats[symbol])), h("small", { class: `num ${toneOf(day)}` }, day === null ? "" : percentChange(day)));
  }

  /** @param {number} i */
  function point(i) {
    active = i;
    [...list.children].forEach((item, k) => setAttr(item, "aria-selected", String(k === i)));
    setAttr(input, "aria-activedescendant", found.length ? OPTION + i : null);
    list.children[i]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (way) {
      event.preventDefault();
      if (drop.hidden) open();
      else if (found.length) point((active + way + found.length) % found.length);
    } else if (event.key === "Enter" && !drop.hidden && found[active]) {
      event.preventDefault();
      take(found[active]);
    } else if (event.key === "Escape" && (!drop.hidden || input.value)) {
      event.preventDefault();
      event.stopPropagation();
      input.value = "";
      close();
    }
  }

  /** @param {string} symbol */
  function take(symbol) {
    input.value = "";
    close();
    input.blur();
    choose(symbol);
    app.announce(`Market ${symbol}`);
  }
}
