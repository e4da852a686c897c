/** Short answers to what a person just did. What lasts belongs into the banner. */

import { h } from "../dom.js";
import { icon } from "../icons.js";

/** @typedef {{tone: "ok" | "bad", title: string, detail: string}} Toast */

const OK_MS = 6000;
const BAD_MS = 15000;

/** @param {HTMLElement} root */
export function mount(root) {
  root.setAttribute("aria-live", "polite");
  let timer = 0;
  const hide = () => { clearTimeout(timer); root.replaceChildren(); };
  return {
    /** @param {Toast} toast */
    show({ tone, title, detail }) {
      clearTimeout(timer);
      const close = h("button.iconbtn.bare", { type: "button", "aria-label": "Dismiss", onclick: hide }, h("span", {}, icon("close")));
      const el = h("div.toast", { "data-tone": tone, role: tone === "bad" ? "alert" : null },
        icon(tone === "bad" ? "alert" : "ok"), h("div", {}, h("b", {}, title), detail && h("span.d", {}, detail)), close);
      root.replaceChildren(el);
      timer = setTimeout(hide, tone === "bad" ? BAD_MS : OK_MS);
    },
  };
}
