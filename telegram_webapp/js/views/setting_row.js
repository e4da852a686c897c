/** One setting: what it means, what it is, where that is from, and what it is changed with. */

import { h, setAttr, setText } from "../dom.js";
import { capital } from "../format.js";
import { inputOf } from "./setting_input.js";

/** @typedef {import("./setting_input.js").Setting} Setting */

/** What a unit at a name's end is called. @type {Record<string, string>} */
const UNITS = { pct: "%", s: "seconds", ms: "ms", days: "days", hours: "hours", minutes: "minutes", hz: "a second", bps: "bps", usd: "USD" };
const SOURCES = { default: "Default", file: "config/dashboards.yaml", page: "Set here", environment: "Environment", flag: "Flag" };

/** @param {string} name @returns {string} as a person says it */
export function titleOf(name) {
  const words = name.slice(name.lastIndexOf(".") + 1).split("_");
  const unit = words.length > 1 ? UNITS[words[words.length - 1]] : undefined;
  const text = capital((unit ? words.slice(0, -1) : words).join(" "));
  return unit ? `${text}, ${unit}` : text;
}

/**
 * @param {Setting} setting as it is told first
 * @param {() => void} changed when its draft is another one
 */
export function settingRow(setting, changed) {
  let now = setting;
  const title = titleOf(setting.name);
  const id = `setting-${setting.name.replaceAll(".", "-")}`;
  const from = h("span");
  const next = h("span.tag.warn", { hidden: true });
  const start = setting.is_live ? null : h("span.tag", {}, "Needs a start");
  const fault = h("p.fault", { id: `${id}-fault`, role: "alert", hidden: true });
  const input = setting.may_change ? inputOf(setting, title, edited) : null;
  const value = h("b.value");
  const back = h("button.link", { type: "button", hidden: true, onclick: () => { dropped = true; draw(); changed(); } }, "Put back");
  const about = h("p.cap", { id: `${id}-about` }, setting.text || null, setting.may_change ? `${setting.text ? " " : ""}${capital(setting.rule)}.` : null);
  const el = h("li.setting", { id }, h("div.what", {}, h("b", {}, title), h("code", {}, setting.name)), h("div.is", {}, input ? input.el : value),
    h("div.told", {}, about, h("p.from", {}, from, start, next, back)), fault);
  let dropped = false;
  let edit = false;
  if (input) setAttr(input.control, "aria-describedby", `${id}-about ${id}-fault`);
  show(setting);

  return {
    el, show, reset, blame,
    get setting() { return now; },
    get isChanged() { return dropped || edit; },
    /** What the server is asked for; null takes back what was set here. */
    get draft() { return dropped ? null : input?.read(); },
    focus: () => input?.control.focus(),
  };

  function edited() {
    dropped = false;
    edit = input !== null && JSON.stringify(input.read()) !== JSON.stringify(plain(now));
    blame("");
    draw();
    changed();
  }

  /** @param {Setting} told as it is now; what is being changed stays */
  function show(told) {
    now = told;
    if (input && !edit && !dropped) input.write(told.value);
    setText(value, told.words);
    draw();
  }

  function reset() {
    edit = dropped = false;
    blame("");
    show(now);
  }

  /** @param {string} text what is wrong with it, empty for nothing */
  function blame(text) {
    setText(fault, text);
    fault.hidden = !text;
    if (input) setAttr(input.control, "aria-invalid", text ? "true" : null);
  }

  function draw() {
    const default_ = now.source === "default" ? "" : `, default ${now.default_words}`;
    const where = now.source === "environment" || now.source === "flag" ? `: ${now.where}` : "";
    setText(from, dropped ? "Will be as the files say" : `${SOURCES[now.source]}${where}${default_}`);
    setText(next, now.next === null ? "" : `At the next start: ${now.next}`);
    next.hidden = now.next === null;
    back.hidden = now.source !== "page" || dropped || !now.may_change;
    el.classList.toggle("changed", edit || dropped);
  }
}

/** @param {Setting} setting @returns {any} its value as the input reads it */
function plain(setting) {
  return setting.kind === "number" ? String(setting.value) : setting.value;
}
