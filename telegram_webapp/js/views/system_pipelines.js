/** The work beside trading: each with its last run, and its history on a tap. */

import { h, keyedList, setAttr, setText } from "../dom.js";
import { UNKNOWN, counted } from "../format.js";
import { icon } from "../icons.js";
import { about, count, millis } from "../system_words.js";
import { hourMinuteSecond, when, zone } from "../time.js";
import { detailOf } from "./loaded.js";
import { sectionCard } from "./section_card.js";
import { openSheet } from "./sheet.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../system_words.js").System} System */
/** @typedef {Record<string, any>} Pipeline */

const TONES = /** @type {Record<string, string>} */ ({ ok: "on", failed: "bad", late: "unproven" });
const ORDER = ["failed", "late", "ok", "idle", "off"];
const PAGE = 30;

/** @param {App} app */
export function pipelinesCard(app) {
  const list = h("ul.pipelines");
  const none = h("p.cap", {}, "Nothing is known yet: the engine tells of its work soon after it starts.");
  const card = sectionCard("Pipelines", list, none);
  const show = keyedList(list, { key: (/** @type {{one: Pipeline}} */ { one }) => one.name, create: ({ one }) => row(app, one) });
  return {
    el: card.el,
    /** @param {System} system @param {number} now */
    show({ pipelines, stale }, now) {
      const sorted = [...pipelines].sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || a.title.localeCompare(b.title));
      show(sorted.map((one) => ({ one, now })));
      none.hidden = sorted.length > 0;
      const bad = sorted.filter(({ status }) => status === "failed" || status === "late").length;
      card.remark(!sorted.length ? "" : stale ? "as last told" : bad ? `${bad} of ${sorted.length} to look at` : `${counted(sorted.length, "pipeline")}, all in time`);
    },
  };
}

/** @param {App} app @param {Pipeline} first */
function row(app, first) {
  const [title, state, last, work, error] = [h("b"), h("span.tag"), h("span.cap"), h("span.cap.work"), h("span.cap.error")];
  let shown = first;
  const button = h("button", { type: "button", "aria-haspopup": "dialog", onclick: () => openRuns(app, shown) }, h("span.pipe-head", {}, title, state), last, work, error, icon("chevron", true));
  return {
    el: h("li", {}, button),
    /** @param {{one: Pipeline, now: number}} what */
    update({ one, now }) {
      shown = one;
      setText(title, one.title);
      setText(state, one.status);
      setAttr(state, "class", `tag ${TONES[one.status] ?? ""}`.trim());
      setText(last, [`Last ${about(one.last_run_at, now, "never")}`, one.next_due_at ? `next ${one.next_due_at < now ? "due" : about(one.next_due_at, now)}` : ""].filter(Boolean).join(", "));
      setText(work, [one.duration_ms === null ? "" : millis(one.duration_ms), one.rows === null ? "" : counted(one.rows, "row"), one.lag_ms === null ? "" : `lag ${millis(one.lag_ms)}`].filter(Boolean).join(" · "));
      setText(error, one.error);
      setAttr(error, "data-tone", one.status === "failed" ? "bad" : null);
    },
  };
}

/** @param {App} app @param {Pipeline} one */
function openRuns(app, one) {
  if (document.querySelector("dialog[open]")) return;
  const body = h("tbody");
  const heads = [`At, ${zone.name}`, "Took", "Rows", ""].map((word) => h("th", { scope: "col" }, word || h("span.vh", {}, "Result")));
  const table = h("table.plain", {}, h("caption.vh", {}, `Runs of ${one.title}`), h("thead", {}, h("tr", {}, ...heads)), body);
  const words = h("p.cap", { role: "status" }, "Loading");
  const older = h("button.btn.quiet", { type: "button", hidden: true, onclick: () => void load() }, "Older");
  const counts = `${counted(one.runs, "run")}, ${one.failures ? counted(one.failures, "failure") : "none failed"}`;
  let cursor = "";
  const sheet = openSheet({ title: one.title, body: [h("p.lead", {}, one.error ? `It failed last with: ${one.error}` : counts), h("div.runs", { tabindex: "0", role: "region", "aria-label": "Runs" }, table, words, older)] });
  sheet.el.append(h("div.one-btn", {}, h("button.btn.quiet", { type: "button", onclick: sheet.close }, "Done")));
  void load();

  async function load() {
    try {
      const answer = await app.api.get(`api/pipelines/${encodeURIComponent(one.name)}/runs`, { cursor, limit: PAGE });
      body.append(...answer.runs.map(run));
      cursor = answer.next_cursor ?? "";
      older.hidden = !cursor;
      setText(words, body.childElementCount ? "" : "It has not run yet.");
    } catch (error) {
      setText(words, `This did not load. ${detailOf(error)}`);
    }
    words.hidden = !words.textContent;
  }
}

/** @param {Record<string, any>} run */
function run({ at, duration_ms: took, rows, runs, failures, error }) {
  const seconds = hourMinuteSecond(at).slice(5);
  return h("tr", {}, h("th", { scope: "row" }, `${when(at, Date.now())}${seconds}`, runs > 1 && h("small", {}, `${counted(runs, "run")} in that minute`), error && h("small.loss", {}, error)),
    h("td", {}, took === null ? UNKNOWN : millis(took)), h("td", {}, count(rows)),
    h("td", {}, h("span", { class: `tag ${failures ? "bad" : "on"}` }, failures ? "failed" : "ok")));
}
