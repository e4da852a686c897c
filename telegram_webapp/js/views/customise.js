/** A view's cards in a sheet: up, down, first, hidden, and back to how it comes. */

import { h, setAttr, setText } from "../dom.js";
import { icon } from "../icons.js";
import { CARDS, arranged } from "../layout.js";
import { lateStyle } from "../styles.js";
import { openSheet } from "./sheet.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../layout.js").Card} Card */
/** @typedef {import("../layout.js").Layout} Layout */

/** Offer it at the foot of a view. @param {App} app @param {string} view @param {HTMLElement} root */
export function offer(app, view, root) {
  const button = h("button.link.customise", { type: "button", onclick: () => customise(app, view) }, "Customise");
  const foot = root.querySelector(".desk-foot, .en-tools");
  if (foot) foot.append(button);
  else root.append(h("div.part.sec", {}, h("span.sp"), button));
}

/** Open the sheet. What is changed in it holds at once, behind it. @param {App} app @param {string} view */
export function customise(app, view) {
  if (document.querySelector("dialog[open]") || !app.preferences) return;
  void lateStyle(app.boot.static, "display");
  const list = h("div.arrange");
  const body = [h("p.lead", {}, "Pinned cards stand first. What is hidden stays in this list."), list,
    h("div.two-btn", {}, h("button.btn.quiet", { type: "button", onclick: () => { app.preferences?.arrange(view, null); show(); app.announce("As it comes"); } }, "Reset"),
      h("button.btn.main", { type: "button", onclick: () => sheet.close() }, "Done"))];
  const sheet = openSheet({ title: "Customise", body });
  const rows = new Map(CARDS[view].map((card) => [card.name, row(card, (what) => change(card, what))]));
  show();

  function show() {
    const layout = app.preferences?.current.layouts[view];
    const groups = new Map(groupsOf(view).map((cards) => [cards, arranged(cards.map(({ name }) => name), layout)]));
    list.replaceChildren(...[...groups].map(([[{ group }], names]) => {
      names.forEach((name, i) => rows.get(name)?.update({ first: i === 0, last: i === names.length - 1, hidden: has(layout?.hidden, name), pinned: has(layout?.pinned, name) }));
      return h("section", {}, group && h("h3.cap", {}, group), h("ul", {}, ...names.map((name) => rows.get(name)?.el)));
    }));
  }

  /** @param {Card} card @param {"up" | "down" | "pin" | "hide"} what */
  function change({ name, title, group }, what) {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    const own = CARDS[view].filter((card) => card.group === group).map((card) => card.name);
    const layout = app.preferences?.current.layouts[view] ?? {};
    const next = changed(layout, arranged(CARDS[view].map((card) => card.name), layout), own, name, what);
    app.preferences?.arrange(view, next);
    show();
    if (focused?.isConnected) focused.focus();
    const names = arranged(own, next);
    const words = { up: `${names.indexOf(name) + 1} of ${names.length}`, down: `${names.indexOf(name) + 1} of ${names.length}`, pin: has(next.pinned, name) ? "pinned" : "not pinned", hide: has(next.hidden, name) ? "hidden" : "shown" };
    app.announce(`${title}: ${words[what]}`);
  }
}

/**
 * A layout with one card moved, pinned or hidden, or the opposite.
 * @param {Layout} layout
 * @param {string[]} order every card of the view as it stands
 * @param {string[]} own those that the card stands among
 * @param {string} name
 * @param {"up" | "down" | "pin" | "hide"} what
 * @returns {Layout}
 */
export function changed({ hidden = [], pinned = [] }, order, own, name, what) {
  const toggled = (/** @type {string[]} */ list) => (list.includes(name) ? list.filter((other) => other !== name) : [...list, name]);
  if (what === "hide") return { order, hidden: toggled(hidden), pinned };
  if (what === "pin") return { order, hidden, pinned: toggled(pinned) };
  const among = order.filter((other) => own.includes(other));
  const other = among[among.indexOf(name) + (what === "up" ? -1 : 1)];
  if (other === undefined) return { order, hidden, pinned };
  const swapped = (/** @type {string[]} */ list) => list.map((one) => (one === name ? other : one === other ? name : one));
  // Pinned cards move among themselves; past them nothing moves but by being pinned.
  if (pinned.includes(name) && pinned.includes(other)) return { order: swapped(order), hidden, pinned: swapped(pinned) };
  if (pinned.includes(name) || pinned.includes(other)) return { order, hidden, pinned };
  return { order: swapped(order), hidden, pinned };
}

/** @param {string} view @returns {Card[][]} */
function groupsOf(view) {
  const names = [...new Set(CARDS[view].map(({ group }) => group))];
  return names.map((group) => CARDS[view].filter((card) => card.group === group));
}

/** @param {string[] | undefined} list @param {string} name @returns {boolean} */
const has = (list, name) => Boolean(list?.includes(name));

/** @param {Card} card @param {(what: "up" | "down" | "pin" | "hide") => void} change */
function row({ title }, change) {
  const button = (/** @type {"up" | "down" | "pin" | "hide"} */ what, /** @type {string} */ name, /** @type {import("../dom.js").Child} */ word) =>
    /** @type {HTMLButtonElement} */ (h("button.btn.quiet.small", { type: "button", "aria-label": name, onclick: () => change(what) }, word));
  const up = button("up", `Move ${title} up`, icon("up", true));
  const down = button("down", `Move ${title} down`, icon("down", true));
  const pin = button("pin", `Pin ${title}`, "Pin");
  const hide = button("hide", `Hide ${title}`, "Hide");
  const name = h("span.n", {}, title);
  return {
    el: h("li", {}, name, h("span.acts", {}, up, down, pin, hide)),
    /** @param {{first: boolean, last: boolean, hidden: boolean, pinned: boolean}} is */
    update(is) {
      // Not disabled: a button that is loses the focus of who is pressing it.
      setAttr(up, "aria-disabled", is.first ? "true" : null);
      setAttr(down, "aria-disabled", is.last ? "true" : null);
      setAttr(pin, "aria-pressed", String(is.pinned));
      setAttr(hide, "aria-pressed", String(is.hidden));
      setText(name, is.hidden ? `${title}, hidden` : title);
    },
  };
}
