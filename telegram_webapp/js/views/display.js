/** How the page is seen by who looks: units, currency, time zone, colours, room, cards. */

import { h, setAttr, setText } from "../dom.js";
import { USUAL, zoneOf } from "../display.js";
import { change, money, price as priceText, quantity, toneOf } from "../format.js";
import { setTone } from "../figure.js";
import { CARDS } from "../layout.js";
import { fullDay, hourMinuteSecond, zone } from "../time.js";
import { customise } from "./customise.js";
import { headOf, selectOf } from "./loaded.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../display.js").Wishes} Wishes */
/** @typedef {"units" | "currency" | "prices" | "palette" | "density"} Choice */

/** @type {[name: Choice, title: string, values: [string, string][], means: string][]} */
const FIGURES = [
  ["units", "Profit and loss", [["money", "Money"], ["percent", "Percent"]], "Percent is of the account's initial balance, as ROI is."],
  ["currency", "Amounts", [["sign", "$"], ["code", "USDT"], ["hidden", "Hidden"]], "Hidden is for showing this screen to others: amounts and quantities are dots, percents and prices stay. A question before an order always shows its amounts."],
  ["prices", "Prices", [["full", "Full"], ["compact", "Compact"]], "Compact writes five figures. Orders are asked about in full."],
];
/** @type {[name: Choice, title: string, values: [string, string][], means: string][]} */
const LOOKS = [
  ["palette", "Gain and loss", [["usual", "Green, red"], ["blue_orange", "Blue, orange"]], "Sign and arrow say the same in both."],
  ["density", "Room", [["usual", "Usual"], ["compact", "Compact"]], "Compact shows more on one screen. What is pressed with a finger keeps its size."],
];
const VIEWS = /** @type {[view: string, word: string, route: string][]} */ ([["overview", "Overview", "overview"], ["desk", "Overview on a large screen", "overview"], ["performance", "Performance", "performance"], ["market", "Market", "market"], ["enhanced", "Enhanced", "enhanced"]]);
/** Told in percent of an account that is not known yet, they would be of nothing. */
const SAMPLE = { made: 132.18, lost: -24.78, equity: 10443.26, price: 64212.4, qty: 0.042 };

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const sample = sampleCard(app);
  const choices = [...FIGURES, ...LOOKS].map((choice) => segments(app, ...choice));
  const figures = sectionCard("Figures", ...choices.slice(0, FIGURES.length).map(({ el }) => el));
  const looks = sectionCard("Colours and room", ...choices.slice(FIGURES.length).map(({ el }) => el));
  const times = zoneCard(app);
  const reset = h("button.btn.quiet", { type: "button", onclick: () => app.preferences?.change({ ...USUAL, layouts: app.preferences.current.layouts }) }, "Reset to usual");
  const trouble = h("p.cap", { role: "status" });
  root.append(headOf(app, "Display"), h("div.part.stack.display-view", {}, sample.el, figures.el, times.el, looks.el, layoutsCard(app),
    h("section.card.panel", {}, h("p.cap", {}, "These are yours: they follow you to every device on which you sign in."), trouble, reset)));
  return {
    update(_, changed) {
      const wishes = app.preferences?.current ?? USUAL;
      for (const choice of choices) choice.show(wishes);
      times.show(wishes);
      setText(trouble, app.preferences?.problem ?? "");
      if (changed.has("time") || changed.has("wishes") || changed.has("account")) sample.show();
    },
    unmount() {},
  };
}

/** What is chosen, seen at once. @param {App} app */
function sampleCard(app) {
  const [made, lost, equity, price, size, now] = ["b.num", "b.num", "b", "b", "b", "b"].map((tag) => h(tag));
  const cell = (/** @type {string} */ label, /** @type {HTMLElement} */ value) => h("div", {}, h("dt", {}, label), h("dd", {}, value));
  const { el } = sectionCard("Sample", h("dl.kv", {}, cell("Made", made), cell("Lost", lost), cell("Equity", equity), cell("Price of BTC", price), cell("Quantity", size), cell("Now", now)));
  return {
    el,
    show() {
      setText(made, change(SAMPLE.made));
      setText(lost, change(SAMPLE.lost));
      setTone(made, toneOf(SAMPLE.made));
      setTone(lost, toneOf(SAMPLE.lost));
      setText(equity, money(SAMPLE.equity));
      setText(price, priceText(SAMPLE.price, { price_decimals: 1 }));
      setText(size, quantity(SAMPLE.qty, "BTC/USDT", {}));
      const at = app.clock.now() || Date.now();
      setText(now, `${fullDay(at)}, ${hourMinuteSecond(at)} ${zone.name}`);
    },
  };
}

/** @param {App} app @param {Choice} name @param {string} title @param {[string, string][]} values @param {string} means */
function segments(app, name, title, values, means) {
  const buttons = values.map(([value, word]) => ({ value, el: h("button", { type: "button", onclick: () => app.preferences?.change({ [name]: value }) }, word) }));
  const el = h("div.wish", {}, h("h3", {}, title), h("div.segs", { role: "group", "aria-label": title }, ...buttons.map((button) => button.el)), h("p.cap", {}, means));
  return {
    el,
    /** @param {Wishes} wishes */
    show(wishes) {
      for (const button of buttons) setAttr(button.el, "aria-pressed", String(button.value === wishes[name]));
    },
  };
}

/** @param {App} app */
function zoneCard(app) {
  const here = zoneOf("browser");
  const zones = Intl.supportedValuesOf?.("timeZone") ?? [here];
  const { el: box, select } = selectOf("Time zone", [["UTC", "UTC"], ["browser", `This browser's, ${here}`], ...zones.filter((name) => name !== "UTC").map((name) => /** @type {[string, string]} */ ([name, name.replaceAll("_", " ")]))]);
  select.addEventListener("change", () => app.preferences?.change({ zone: select.value }));
  const { el } = sectionCard("Times", h("div.wish", {}, box, h("p.cap", {}, "Times of day are told by this clock. “Today”, the calendar and what is counted by the hour stay days of UTC, and say so.")));
  return {
    el,
    /** @param {Wishes} wishes */
    show({ zone: wish }) {
      if (select.value === wish) return;
      // A name that another browser knew.
      if (![...select.options].some(({ value }) => value === wish)) select.append(h("option", { value: wish }, wish));
      select.value = wish;
    },
  };
}

/** @param {App} app */
function layoutsCard(app) {
  const rows = VIEWS.filter(([view]) => view in CARDS).map(([view, word, route]) => h("li", {}, h("a", { href: app.router.href(route) }, word),
    h("button.btn.quiet.small", { type: "button", "aria-label": `Customise ${word}`, onclick: () => customise(app, view) }, "Customise")));
  const { el } = sectionCard("Cards", h("p.cap", {}, "Order, hide and pin the cards of a view. Each view has Customise at its foot, too."), h("ul.layouts", {}, ...rows));
  return el;
}
