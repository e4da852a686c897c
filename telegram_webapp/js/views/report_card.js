/** Everything as files: the report that opens offline, and trades and equity for other programs. */

import { h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { span } from "../time.js";
import { exportButtons } from "./export_buttons.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {{state: string, detail: string, age_ms: number | null, bytes: number | null}} Status */

const ASK_MS = 1500;
const FILE = "quarterdeck-report.html";

/**
 * @param {App} app
 * @param {() => Record<string, string>} scope
 */
export function reportCard(app, scope) {
  const words = h("p.cap", { "aria-live": "polite" });
  const write = /** @type {HTMLButtonElement} */ (h("button.btn.quiet", { type: "button", onclick: () => void ask() }, "Write a new one"));
  const save = /** @type {HTMLButtonElement} */ (h("button.btn.quiet", { type: "button", hidden: true, onclick: () => void load() }, icon("down", true), "Download"));
  const files = (/** @type {string} */ word, /** @type {string} */ what, /** @type {string[]} */ names) =>
    h("li", {}, h("b", {}, word), exportButtons(app, what, () => Object.fromEntries(names.map((name) => [name, scope()[name]]).filter(([, value]) => value))));
  const card = sectionCard("Files", h("h3", {}, "Report"), words, h("div.report-acts", {}, write, save),
    h("ul.files", {}, files("Trades", "trades", ["strategy", "symbol", "account"]), files("Equity", "equity", ["strategy", "account"])));
  let timer = 0;
  let stopped = false;
  void look();
  return { el: card.el, stop };

  function stop() {
    stopped = true;
    clearTimeout(timer);
  }

  async function look() {
    write.hidden = !app.session.mayTrade;
    try {
      show(await app.api.get("api/report/status"));
    } catch (error) {
      setText(words, `Whether there is a report is not known. ${/** @type {any} */ (error).detail ?? ""}`);
    }
  }

  /** @param {Status} status */
  function show({ state, detail, age_ms: age, bytes }) {
    if (stopped) return;
    const busy = state === "writing";
    const there = age === null ? "One page with everything above, which opens offline. None was written yet."
      : `Written ${span(age)} ago, ${((bytes ?? 0) / 1e6).toFixed(1)} MB. One page with everything above, which opens offline.`;
    setText(words, busy ? "The report is being written. It takes some seconds." : state === "failed" ? `It was not written: ${detail}. ${age === null ? "" : `The last is ${span(age)} old.`}` : there);
    write.disabled = busy;
    save.hidden = age === null;
    clearTimeout(timer);
    if (busy) timer = setTimeout(() => void look(), ASK_MS);
  }

  async function ask() {
    write.disabled = true;
    const { account } = scope();
    try {
      show(await app.api.post("api/report", account ? { account: Number(account) } : {}));
    } catch (error) {
      write.disabled = false;
      app.toast({ tone: "bad", title: "The report was not written", detail: /** @type {any} */ (error).detail ?? String(error) });
    }
  }

  async function load() {
    save.disabled = true;
    try {
      await app.api.download("api/report", {}, FILE);
    } catch (error) {
      app.toast({ tone: "bad", title: "The report was not saved", detail: /** @type {any} */ (error).detail ?? String(error) });
    }
    save.disabled = false;
  }
}
