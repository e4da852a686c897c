/** Returns by day and by month: a number in every box, coloured by how much it was. */

import { h, setText } from "../dom.js";
import { MINUS, change, digits, signOf } from "../format.js";
import { icon } from "../icons.js";

/** @typedef {[day: string, pct: number | null, pnl: number]} Day `YYYY-MM-DD`, or `YYYY-MM` for a month */

const WEEK = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_MS = 86_400_000;
/** At this return a box is coloured in full. */
const [FULL_DAY, FULL_MONTH] = [1.5, 8];
const [FAINT, STRONG] = [8, 34];

/** The days of one month, with the way to the others. @returns {{el: HTMLElement, show: (days: Day[]) => void}} */
export function dailyCalendar() {
  const name = h("span.cap", { "aria-live": "polite" });
  const step = (/** @type {number} */ by) => () => { place += by; draw(); };
  const [back, on] = [arrow("Earlier month", "back", step(-1)), arrow("Later month", "", step(1))];
  const body = h("tbody");
  const table = h("table.cal", {}, h("caption.vh", {}, "Daily return, percent"), h("thead", {}, h("tr", {}, ...WEEK.map((day) => h("th", { scope: "col" }, day)))), body);
  const none = h("p.cap", { hidden: true }, "No day is over yet. A day ends at 00:00 UTC.");
  const el = h("section.card.panel", {}, h("header", {}, h("h2", {}, "Daily return, %"), h("span.turns", {}, back, name, on)), table, none);
  /** @type {Map<string, Day>} */
  let known = new Map();
  /** @type {string[]} */
  let months = [];
  let place = 0;
  return { el, show };

  /** @param {Day[]} days */
  function show(days) {
    const atEnd = place >= months.length - 1;
    known = new Map(days.map((day) => [day[0], day]));
    months = between(days.map(([day]) => day.slice(0, 7)));
    if (atEnd || place >= months.length) place = months.length - 1;
    table.hidden = !months.length;
    none.hidden = months.length > 0;
    draw();
  }

  function draw() {
    const month = months[place];
    back.disabled = place <= 0;
    on.disabled = place >= months.length - 1;
    back.hidden = on.hidden = months.length < 2;
    setText(name, month ? title(month) : "");
    if (month) body.replaceChildren(...weeks(month, known));
  }
}

/** Months as boxes, a year a row. @returns {{el: HTMLElement, show: (months: Day[]) => void}} */
export function monthlyMap() {
  const body = h("tbody");
  const el = h("section.card.panel", {}, h("header", {}, h("h2", {}, "Monthly return, %")),
    h("table.cal.months", {}, h("caption.vh", {}, "Monthly return, percent"), h("thead.vh", {}, h("tr", {}, h("th", { scope: "col" }, "Year"), h("td", { colspan: "6" }))), body));
  return {
    el,
    show(months) {
      const known = new Map(months.map((month) => [month[0], month]));
      const years = [...new Set(months.map(([month]) => month.slice(0, 4)))].sort().reverse();
      body.replaceChildren(...years.flatMap((year) => halves(year, known)));
      el.hidden = !months.length;
    },
  };
}

/** @param {string} year @param {Map<string, Day>} known */
function halves(year, known) {
  const boxes = MONTHS.map((month, i) => box(month, known.get(`${year}-${String(i + 1).padStart(2, "0")}`), FULL_MONTH));
  return [h("tr", {}, h("th", { scope: "rowgroup", rowspan: "2" }, year), ...boxes.slice(0, 6)), h("tr", {}, ...boxes.slice(6))];
}

/** @param {string} month @param {Map<string, Day>} known */
function weeks(month, known) {
  const first = Date.parse(`${month}-01T00:00:00Z`);
  const count = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate();
  const lead = (new Date(first).getUTCDay() + 6) % 7;
  const cells = Array.from({ length: lead }, () => h("td"));
  for (let i = 0; i < count; i += 1) {
    const key = new Date(first + i * DAY_MS).toISOString().slice(0, 10);
    cells.push(box(String(i + 1), known.get(key), FULL_DAY));
  }
  const last = Math.max(...[...known.keys()].filter((key) => key.startsWith(month)).map((key) => Number(key.slice(8))), 1);
  const rows = Math.ceil((lead + last) / 7);
  while (cells.length < 7 * rows) cells.push(h("td"));
  return Array.from({ length: rows }, (_, i) => h("tr", {}, ...cells.slice(7 * i, 7 * i + 7)));
}

/** @param {string} name @param {Day | undefined} day @param {number} full */
function box(name, day, full) {
  const pct = day?.[1] ?? null;
  if (!day || pct === null) return h("td.no", {}, h("small", {}, name), day ? h("span", {}, "–") : null);
  const sign = signOf(pct, 1);
  const text = `${sign < 0 ? MINUS : sign > 0 ? "+" : ""}${digits(pct, 1)}`;
  const share = Math.round(FAINT + (STRONG - FAINT) * Math.min(1, Math.abs(pct) / full));
  const style = sign ? `background:color-mix(in srgb, var(--${sign > 0 ? "gain" : "loss"}) ${share}%, var(--surface))` : null;
  return h(sign ? "td.c" : "td.c.z", { style, title: `${name}: ${text}%, ${change(day[2])}` }, h("small", {}, name), h("span", { class: text.length > 5 ? "long" : "" }, text));
}

/** All months from the first to the last. @param {string[]} months @returns {string[]} */
function between(months) {
  const sorted = [...new Set(months)].sort();
  const all = [];
  for (let month = sorted[0]; month && month <= sorted[sorted.length - 1]; month = after(month)) all.push(month);
  return all;
}

/** @param {string} month */
function after(month) {
  const [year, number] = month.split("-").map(Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, "0")}`;
}

/** @param {string} month */
const title = (month) => `${MONTHS[Number(month.slice(5)) - 1]} ${month.slice(0, 4)}`;

/** @param {string} label @param {string} classes @param {() => void} act @returns {HTMLButtonElement} */
function arrow(label, classes, act) {
  return /** @type {HTMLButtonElement} */ (h("button", { type: "button", class: `turn ${classes}`, "aria-label": label, onclick: act }, icon("chevron", true)));
}
