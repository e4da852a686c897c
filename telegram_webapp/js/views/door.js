/** Inside Telegram, before one is let in: who is asked, what for, and what comes next. */

import { h, setText } from "../dom.js";
import { mark } from "../icons.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {{title: string, text: string, id?: boolean, act?: "again" | "close" | ""}} Words */

/** @type {Record<string, Words>} */
const WORDS = {
  "": { title: "Signing in", text: "One moment. Telegram says who you are." },
  unknown_user: { title: "You are not on the list yet", text: "The owner was asked. This page looks again every few seconds and opens as soon as you are let in.", id: true },
  blocked_user: { title: "You are not let in", text: "The owner has blocked this Telegram account. If that is a mistake, send them the id below. This page looks again every few seconds.", id: true },
  bad_init_data: { title: "Open it again from the bot", text: "What Telegram said about you is missing, too old or was changed on the way. Close this page, then open it with the bot’s menu button.", act: "close" },
  telegram_off: { title: "Telegram is not set up here", text: "This server does not know its bot. Set TELEGRAM_BOT_TOKEN (or TELEGRAM_WEBAPP_KEY) where Quarterdeck runs and start it again. In a browser, a one-time link works already.", act: "again" },
  slowed: { title: "Too many tries", text: "The server asks for a pause. This page looks again by itself.", act: "again" },
  unreachable: { title: "Quarterdeck did not answer", text: "It may be starting. This page looks again every few seconds.", act: "again" },
  refused: { title: "The server said no", text: "", act: "again" },
  left: { title: "You are signed out", text: "Nothing of the account stays on this device.", act: "again" },
};

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const [title, text] = [h("h1"), h("p")];
  const card = idCard(app);
  const again = h("button.btn.main", { type: "button", onclick: () => void app.guest?.retry() });
  const close = h("button.btn.main", { type: "button", onclick: () => app.guest?.native?.close() }, "Close");
  root.append(h("section.signin.door", {}, mark(), h("div", { role: "status" }, title, text), card.el, again, close));

  return {
    update() {
      const { reason, busy, problem } = app.session;
      const words = WORDS[busy || reason === "none" ? "" : reason === "ended" ? "bad_init_data" : reason] ?? WORDS.refused;
      setText(title, words.title);
      setText(text, words === WORDS.refused ? problem.detail ?? "" : words.text);
      card.update(Boolean(words.id), problem);
      again.hidden = words.act !== "again";
      setText(again, reason === "left" ? "Sign in again" : "Try now");
      close.hidden = words.act !== "close" || !app.guest?.native;
    },
    unmount() {},
  };
}

/** The person's id, to be sent to the owner. @param {App} app */
function idCard(app) {
  const [name, id] = [h("span.cap"), h("code")];
  const copy = h("button.btn.quiet", { type: "button", onclick: () => void put() }, "Copy");
  const el = h("div.card.who-id", { hidden: true }, h("div", {}, name, id), copy);
  return {
    el,
    /** @param {boolean} wanted @param {Record<string, any>} problem */
    update(wanted, problem) {
      el.hidden = !wanted;
      const { user } = app.guest?.launch ?? {};
      setText(name, `Telegram id of ${problem.name || user?.name || "this account"}`);
      setText(id, String(problem.user_id ?? user?.id ?? ""));
    },
  };

  async function put() {
    try {
      await navigator.clipboard.writeText(id.textContent ?? "");
      setText(copy, "Copied");
    } catch {
      // A frame may not use the clipboard: marked, it can be copied by hand.
      getSelection()?.selectAllChildren(id);
      setText(copy, "Marked");
    }
  }
}
