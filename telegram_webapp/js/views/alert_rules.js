/** Rules of one's own: a line of text each, checked by the engine. */

import { h, setText } from "../dom.js";
import { counted } from "../format.js";
import { past, span } from "../time.js";
import { actButton, detailOf, loadedCard, onSubmit, selectOf } from "./loaded.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Rule */

/** @type {[minutes: number, word: string][]} */
const COOLDOWNS = [[5, "5 min"], [15, "15 min"], [60, "1 h"], [240, "4 h"], [1440, "1 day"]];
const [USUAL, MINUTE_S, SHOWN] = [15, 60, 6];

/** @param {App} app */
export function rulesCard(app) {
  const form = writing(app, () => card.again());
  const card = loadedCard({
    title: "Your rules", none: "No rule yet. Write one below, such as “equity < 9500”.",
    load: async () => {
      const answer = await app.api.get("api/alerts/rules");
      card.remark(`${answer.rules.length} of ${answer.limit}`);
      return /** @type {Rule[]} */ (answer.rules);
    },
    row: (rule, { again }) => row(app, rule, again),
  }, form.el);
  void form.help();
  return card;
}

/** @param {App} app @param {Rule} rule @param {() => Promise<void>} again */
function row(app, rule, again) {
  const remove = actButton(app, "Remove", async () => {
    await app.api.remove(`api/alerts/rules/${encodeURIComponent(rule.id)}`);
    await again();
  }, { name: `Remove the rule ${rule.text}`, failed: "The rule was not removed" });
  const fired = rule.fired_at ? `told ${counted(rule.fired_count, "time")}, last ${past(rule.fired_at, app.clock.now())}` : "never told yet";
  const said = [`at most every ${span(rule.cooldown_s * 1000)}`, fired, rule.problem && `rests: ${rule.problem}`].filter(Boolean).join(", ");
  return h("li", {}, h("div.who", {}, h("b", {}, rule.text), h("p.cap", {}, said)), h("div.acts", {}, remove));
}

/** @param {App} app @param {() => Promise<void>} again */
function writing(app, again) {
  const text = /** @type {HTMLInputElement} */ (h("input", { autocomplete: "off", autocapitalize: "off", spellcheck: "false", required: true, maxlength: "200", placeholder: "equity < 9500" }));
  const every = selectOf("At most every", COOLDOWNS, USUAL);
  const examples = h("div.examples");
  const wrong = h("p.sheet-error", { role: "alert", hidden: true });
  const form = h("form", {}, h("div.add", {}, h("label.field", {}, h("span", {}, "Tell me when"), text), every.el, h("button.btn.quiet", { type: "submit" }, "Add")), wrong, examples);
  text.addEventListener("input", calm);
  onSubmit(form, async () => {
    await app.api.post("api/alerts/rules", { text: text.value, cooldown_s: Number(every.select.value) * MINUTE_S });
    text.value = "";
    await again();
  }, (error) => {
    setText(wrong, detailOf(error));
    wrong.hidden = false;
    text.setAttribute("aria-invalid", "true");
    text.focus();
  });
  return { el: form, help };

  function calm() {
    wrong.hidden = true;
    text.removeAttribute("aria-invalid");
  }

  async function help() {
    try {
      const found = await app.api.get("api/alerts/rules/figures");
      examples.replaceChildren(...found.examples.slice(0, SHOWN).map((/** @type {string} */ example) => h("button", { type: "button", onclick: () => { text.value = example; calm(); text.focus(); } }, example)));
    } catch {
      // The field still takes a rule.
    }
  }
}
