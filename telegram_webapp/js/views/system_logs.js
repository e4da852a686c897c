/** What the processes said lately: filtered, followed while it is looked at; for owners. */

import { h, setText } from "../dom.js";
import { counted } from "../format.js";
import { NAMES } from "../system_words.js";
import { hourMinuteSecond, when, zone } from "../time.js";
import { detailOf, selectOf } from "./loaded.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {{at: number | null, level: string, process: string, logger: string, text: string, request_id: string}} Line */

const LEVELS = /** @type {[string, string][]} */ ([["debug", "Every level"], ["info", "Info and worse"], ["warning", "Warnings and worse"], ["error", "Errors"]]);
const EVERY_MS = 5000;
const TYPING_MS = 400;
const NEAR_PX = 24;

/** @param {App} app @returns {import("./system.js").Late} */
export function logsCard(app) {
  if (app.role !== "owner") return { el: sectionCard("Logs", h("p.cap", {}, "Logs are for owners to see: they tell of every person and program.")).el };
  const level = selectOf("Level", LEVELS, "info");
  const process = selectOf("Process", [["", "Every process"], ...Object.entries(NAMES).filter(([name]) => name !== "database" && name !== "redis")]);
  const search = /** @type {HTMLInputElement} */ (h("input", { type: "search", placeholder: "Find words", "aria-label": "Find words in the logs", autocomplete: "off", spellcheck: "false", maxlength: "200" }));
  const follow = h("button", { type: "button", "aria-pressed": "true" }, h("span", {}, "Follow"));
  const list = h("ol");
  const scroll = h("div.log", { tabindex: "0", role: "region", "aria-label": "Log lines, newest last" }, list);
  const words = h("p.cap.log-words", { role: "status" }, "Loading");
  const card = sectionCard("Logs", h("div.log-filters", {}, level.el, process.el, search, h("div.chips", {}, follow)), h("div.log-box", {}, scroll, words));
  let [shown, turn, askedAt, typing, following] = ["", 0, 0, 0, true];
  const again = () => void ask();
  level.select.addEventListener("change", again);
  process.select.addEventListener("change", again);
  search.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(again, TYPING_MS); });
  follow.addEventListener("click", () => setFollow(!following));
  scroll.addEventListener("scroll", () => { if (!atEnd() && following && !busy) setFollow(false); });
  let busy = false;
  again();
  return {
    el: card.el,
    update(changed) {
      const due = following && changed.has("time") && performance.now() - askedAt > EVERY_MS;
      if (due && app.live?.pace.rate === "live" && !document.hidden && !card.el.closest("[hidden]")) again();
    },
    unmount() {
      turn += 1;
      clearTimeout(typing);
    },
  };

  /** @param {boolean} next */
  function setFollow(next) {
    following = next;
    follow.setAttribute("aria-pressed", String(following));
    if (!following) return;
    toEnd();
    again();
  }

  function atEnd() {
    return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_PX;
  }

  function toEnd() {
    busy = true;
    scroll.scrollTop = scroll.scrollHeight;
    requestAnimationFrame(() => { busy = false; });
  }

  async function ask() {
    turn += 1;
    const mine = turn;
    askedAt = performance.now();
    try {
      const answer = await app.api.get("api/logs", { level: level.select.value, process: process.select.value, text: search.value.trim() });
      if (mine === turn) show(answer);
    } catch (error) {
      if (mine !== turn) return;
      if (list.childElementCount) card.remark("not up to date");
      else say(`The logs did not load. ${detailOf(error)}`);
    }
  }

  /** @param {{at: number, lines: Line[], processes: string[], since: number | null, is_whole: boolean}} answer */
  function show(answer) {
    const { lines, since, processes } = answer;
    card.remark(lines.length ? `${counted(lines.length, "line")}, ${zone.name}` : "");
    const none = processes.length ? `No such line${since ? ` since ${when(since, answer.at)} ${zone.name}` : ""}.` : "No process keeps its log here. On several machines each has its own, in the folder logs of its data.";
    say(lines.length ? "" : none);
    const now = JSON.stringify(lines);
    if (now === shown) return;
    shown = now;
    busy = true;
    list.replaceChildren(...[...lines].reverse().map((line) => row(line, answer.at)));
    if (following) toEnd();
    busy = false;
  }

  /** @param {string} text */
  function say(text) {
    setText(words, text);
    words.hidden = !text;
  }
}

/** @param {Line} line @param {number} now */
function row({ at, level, process, logger, text, request_id: request }, now) {
  const time = at === null ? "" : `${when(at, now)}${hourMinuteSecond(at).slice(5)}`;
  return h("li", { "data-level": level.toLowerCase() }, h("span.log-head", {}, h("time", {}, time), h("b", {}, level === "WARNING" ? "WARN" : level), h("span", {}, process), h("span", {}, logger), request && h("span", { title: "The request it belongs to" }, request)),
    h("span.log-text", {}, text));
}
