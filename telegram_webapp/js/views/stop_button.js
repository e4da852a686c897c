/** The kill switch: stops new orders at once. To undo it is to resume, which the banner offers. */

import { refusal, stopNow } from "../commands.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";

/** @typedef {import("../main.js").App} App */

export const MEANS = "Pauses, and cancels every order that would open a position. Positions, stops and targets stay. Resume undoes it.";

/**
 * A button that stops at the first press.
 * @param {App} app
 * @param {() => void} [done] called when it is stopped
 * @returns {{el: HTMLButtonElement, update: () => void}}
 */
export function stopButton(app, done) {
  const el = /** @type {HTMLButtonElement} */ (h("button.btn.stop", { type: "button", title: MEANS, onclick: () => void press() }, icon("refused", true), "Stop trading"));
  /** Of a wish whose answer was lost: pressed again it is the same one. */
  let key = "";
  return { el, update: () => { el.hidden = !app.session.mayTrade; } };

  async function press() {
    el.disabled = true;
    try {
      const wish = stopNow(app.api, key);
      key = wish.key;
      const { title, detail } = await wish.result;
      key = "";
      app.toast({ tone: "ok", title, detail });
      done?.();
    } catch (problem) {
      if (/** @type {any} */ (problem).status !== 0) key = "";
      app.toast({ tone: "bad", ...refusal("stop", "", problem) });
    }
    el.disabled = false;
  }
}
