/** What the whole comes to, first and in words. */

import { h, setAttr, setText } from "../dom.js";
import { counted } from "../format.js";
import { icon } from "../icons.js";
import { hourMinuteSecond, span, zone } from "../time.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../system_words.js").Verdict} Verdict */

const GLYPHS = { good: "ok", warn: "alert", bad: "refused", wait: "clock" };
const STALE_MS = 15_000;

/** @param {App} app */
export function verdictCard(app) {
  const glyph = h("span.ic");
  const [title, age, list] = [h("h2"), h("p.cap"), h("ul.issues")];
  const el = h("section.card.verdict", { "aria-label": "Verdict" }, glyph, h("div", {}, title, age), list);
  let told = "";
  return {
    el,
    /** @param {Verdict} verdict @param {Record<string, any> | null} system @param {number} since ms since it was told */
    show(verdict, system, since) {
      setText(age, ageText(system, since));
      const now = JSON.stringify(verdict);
      if (now === told) return;
      if (told && verdict.title !== title.textContent) app.announce(verdict.title);
      told = now;
      setAttr(el, "data-tone", verdict.tone);
      glyph.replaceChildren(icon(GLYPHS[verdict.tone]));
      setText(title, verdict.title);
      list.hidden = !verdict.issues.length;
      list.replaceChildren(...verdict.issues.map((issue) => h("li", { "data-tone": issue.tone }, h("div", {}, h("b", {}, issue.text), h("p.cap", {}, issue.act)),
        issue.show && h("a.link", { href: app.router.href("system", { show: issue.show }), "aria-label": `More on: ${issue.text}` }, "Look"))));
    },
  };
}

/** @param {Record<string, any> | null} system @param {number} since */
function ageText(system, since) {
  if (!system) return "";
  const up = system.processes.filter((/** @type {any} */ { status }) => status === "up").length;
  const whole = `${up} of ${counted(system.processes.length, "process").replace("processs", "processes")} up`;
  if (system.stale || since > STALE_MS) return `${whole}. As of ${hourMinuteSecond(system.at)} ${zone.name}, ${span(system.age_ms + since)} ago.`;
  return `${whole}. Looked at every ${system.period_s}s.`;
}
