/** What a person wishes, carried out: figures, times, colours, room, and the order of cards. */

import { lens } from "./dom.js";
import { manner } from "./format.js";
import { arrange } from "./layout.js";
import { lateStyle } from "./styles.js";
import { zone } from "./time.js";

/**
 * @typedef {object} Wishes
 * @property {"money" | "percent"} units of profit and loss
 * @property {"sign" | "code" | "hidden"} currency how amounts are written
 * @property {"full" | "compact"} prices
 * @property {string} zone "UTC", "browser" or a name like Europe/Berlin
 * @property {"usual" | "blue_orange"} palette
 * @property {"usual" | "compact"} density
 * @property {Record<string, import("./layout.js").Layout>} layouts by view
 */

/** As it comes. @type {Wishes} */
export const USUAL = { units: "money", currency: "sign", prices: "full", zone: "UTC", palette: "usual", density: "usual", layouts: {} };
export const HIDDEN = "•••";
const COMPACT_FIGURES = 5;
const SHEET = "display";
/** Offsets of time zones are whole quarters of an hour, and change only then. */
const QUARTER_MS = 15 * 60_000;
const KEPT_QUARTERS = 20_000;
/** An amount of money or of a coin in somebody's words: "$12.50", "0.042 BTC"; no time of day. */
const AMOUNT = /\$\d[\d,]*(?:\.\d+)?|(?<![\d:.,])\d[\d,]*(?:\.\d+)?(?= (?!UTC\b)[A-Z]{2,10}\b)/g;

const plain = { manner: { ...manner }, read: lens.read };
let wishes = USUAL;
/** What profit and loss are told in percent of. */
let base = 0;
let code = "";

/** What holds now. @returns {Wishes} */
export const wished = () => wishes;

/**
 * Carry out what was wished before, from the first figure on.
 * @param {any} kept by the server, or as text by this browser
 * @param {import("./boot.js").Boot} boot
 */
export function begin(kept, boot) {
  know(boot.snapshot?.state ?? null);
  show(typeof kept === "string" ? understood(kept) : kept, boot.static);
}

/** What this browser kept. @param {string | null} text @returns {Partial<Wishes>} nothing if it is damaged */
export function understood(text) {
  try {
    return JSON.parse(text ?? "{}").wishes ?? {};
  } catch {
    return {};
  }
}

/**
 * Carry out what is wished now.
 * @param {Partial<Wishes>} next what is not said is as it comes
 * @param {string} staticPath
 */
export function show(next, staticPath) {
  wishes = { ...USUAL, ...next };
  const { dataset } = document.documentElement;
  for (const name of /** @type {const} */ (["palette", "density"])) {
    if (wishes[name] === "usual") delete dataset[name];
    else dataset[name] = wishes[name];
  }
  const bare = dataset.palette === undefined && dataset.density === undefined && !Object.keys(wishes.layouts).length;
  if (!bare && !document.querySelector(`link[href$="css/${SHEET}.css"]`)) void lateStyle(staticPath, SHEET);
  write();
  tell(wishes.zone);
}

/** Learn of the account what figures need. @param {Record<string, any> | null} state */
export function know(state) {
  if (!state?.account) return;
  const { initial_balance: balance, currency } = state.account;
  if (balance === base && currency === code) return;
  base = balance;
  code = currency;
  write();
}

/**
 * Do something with every amount shown in money and in full: what is asked before an order.
 * @template T
 * @param {() => T} make
 * @returns {T}
 */
export function plainly(make) {
  Object.assign(manner, plain.manner);
  lens.read = plain.read;
  try {
    return make();
  } finally {
    write();
  }
}

/** Put a view's cards in order. @param {string} view @param {HTMLElement} root */
export function furnish(view, root) {
  arrange(root, view, wishes.layouts[view]);
}

/** The time zone that a wish means. @param {string} name @returns {string} */
export function zoneOf(name) {
  return name === "browser" ? Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC" : name;
}

/** Set how figures are written. */
function write() {
  Object.assign(manner, plain.manner);
  lens.read = plain.read;
  if (wishes.currency === "code" && code) manner.amount = (text) => `${text} ${code}`;
  if (wishes.currency === "hidden") {
    manner.amount = manner.size = () => HIDDEN;
    lens.read = (text) => text.replace(AMOUNT, HIDDEN);
  }
  if (wishes.prices === "compact") manner.places = compact;
  if (wishes.units === "percent" && base > 0) manner.base = base;
}

/** @param {number} price @param {number} decimals @returns {number} */
function compact(price, decimals) {
  const before = price ? Math.floor(Math.log10(Math.abs(price))) + 1 : 1;
  return Math.min(decimals, Math.max(0, COMPACT_FIGURES - before));
}

/** Set the clock. A name that this browser does not know leaves it at UTC. @param {string} wish */
function tell(wish) {
  const name = zoneOf(wish);
  zone.name = "UTC";
  zone.shift = () => 0;
  if (name === "UTC") return;
  try {
    zone.shift = clockOf(name);
    // A city, for its summers and winters differ from UTC by different hours.
    zone.name = (name.split("/").pop() ?? name).replaceAll("_", " ");
  } catch (error) {
    console.info(`Times are of UTC: ${error}`);
  }
}

/** @param {string} timeZone @returns {(at: number) => number} how far its clock is ahead of UTC, ms */
function clockOf(timeZone) {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" });
  /** @type {Map<number, number>} */
  const known = new Map();
  return (at) => {
    if (!Number.isFinite(at)) return 0;
    const quarter = Math.floor(at / QUARTER_MS) * QUARTER_MS;
    let shift = known.get(quarter);
    if (shift === undefined) {
      /** @type {Record<string, number>} */
      const is = {};
      for (const { type, value } of format.formatToParts(quarter)) is[type] = Number(value);
      shift = Date.UTC(is.year, is.month - 1, is.day, is.hour, is.minute) - quarter;
      if (known.size > KEPT_QUARTERS) known.clear();
      known.set(quarter, shift);
    }
    return shift;
  };
}
