/** What lasts is said here, not in a toast: what happened, what it means for money, what is next. */

import { h, setText } from "../dom.js";
import { icon } from "../icons.js";

/** @typedef {import("../main.js").App} App */

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const title = h("b");
  const detail = h("span.d");
  const retry = h("button.btn", { type: "button", onclick: () => app.retry() }, "Retry");
  const resume = h("button.btn", { type: "button", onclick: () => void app.commands.ask("resume", {}) }, "Resume");
  const market = h("button.btn", { type: "button", onclick: () => void app.commands.ask("retry_market", {}) }, "Try again");
  const glyph = h("span");
  const el = h("section.banner", { "aria-label": "State", hidden: true }, glyph, h("div", {}, title, detail), retry, resume, market);
  let shown = "";
  root.append(el);

  return {
    update() {
      const { banner } = app.connection.current;
      el.hidden = !banner || app.session.isShut;
      if (!banner) return;
      if (shown !== banner.icon) {
        shown = banner.icon;
        glyph.replaceChildren(icon(banner.icon));
      }
      el.dataset.tone = banner.tone;
      setText(title, banner.title);
      setText(detail, banner.detail);
      retry.hidden = banner.action !== "retry";
      market.hidden = banner.action !== "retry_market" || !app.session.mayTrade;
      resume.hidden = banner.action !== "resume" || !app.session.mayTrade;
    },
    unmount() {},
  };
}
