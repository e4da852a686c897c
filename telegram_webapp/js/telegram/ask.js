/** The second step of a wish in the client's own window: the same figures as the sheet, in a few lines. */

import { Wish, refusal } from "../commands.js";
import { ASKING, KEEP, figureText } from "../wish_words.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../commands.js").Intent} Intent */
/** @typedef {import("./native.js").Native} Native */
/** @typedef {import("./native.js").Question} Question */

/** Only a dimmed page shows that the engine was asked; longer than this the sheet does. */
const PATIENCE_MS = 4000;
const RAN_OUT = "The figures had run out. These are the ones now.";
const UNANSWERED = "No answer came, so it may have been done. Press again to make sure: it is never done twice.";

/**
 * Ask a wish in the client's window.
 * @param {App} app
 * @param {Native} native
 * @param {string} command
 * @param {Record<string, any>} args
 * @param {string} subject
 * @returns {Promise<boolean>} false if the sheet must be used: nothing was asked of the person yet
 */
export async function askNatively(app, native, command, args, subject) {
  const wish = new Wish(app.api, command, args);
  const no = (/** @type {unknown} */ problem) => app.toast({ tone: "bad", ...refusal(command, subject, problem) });
  try {
    if (!await within(wish.ask())) return false;
    for (let note = ""; ; note = RAN_OUT) {
      const intent = /** @type {Intent} */ (wish.intent);
      const until = performance.now() + intent.valid_s * 1000;
      const question = questionOf(intent, note);
      if (!native.canAsk(question)) return false;
      if (!await native.ask(question)) return true;
      if (performance.now() < until) break;
      await wish.ask();
    }
    await confirm(app, native, wish);
  } catch (problem) {
    await no(problem);
  }
  return true;
}

/** @param {App} app @param {Native} native @param {Wish} wish */
async function confirm(app, native, wish) {
  const intent = /** @type {Intent} */ (wish.intent);
  const again = { ...questionOf(intent, ""), title: "No answer came", message: UNANSWERED };
  for (;;) {
    try {
      const { ok, title, detail } = await wish.confirm();
      return app.toast({ tone: ok ? "ok" : "bad", title, detail });
    } catch (problem) {
      if (/** @type {any} */ (problem).status !== 0 || !await native.ask(again)) throw problem;
    }
  }
}

/**
 * Word a wish for the client's window.
 * @param {Intent} intent
 * @param {string} note what must be said first, or ""
 * @returns {Question}
 */
export function questionOf(intent, note) {
  const lines = intent.lines.map((line) => `${line.label}: ${figureText(line)}`);
  return {
    title: intent.title || ASKING[intent.command] || "Confirm",
    message: [intent.badge, note, intent.summary, ...lines].filter(Boolean).join("\n"),
    act: intent.act_label,
    keep: KEEP[intent.command] ?? "Keep",
  };
}

/** @param {Promise<Intent>} asked @returns {Promise<Intent | null>} null if it takes too long */
function within(asked) {
  const late = new Promise((resolve) => { setTimeout(() => resolve(null), PATIENCE_MS); });
  return Promise.race([asked, /** @type {Promise<null>} */ (late)]);
}
