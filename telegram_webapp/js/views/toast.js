/** Short answers to what a person just did. What lasts belongs into the banner. */

import { h } from "../dom.js";
import { icon } from "../icons.js";

/** @typedef {{tone: "ok" | "bad", title: string, detail: string}} Toast */

const OK_MS = 6000;
const BAD_MS = 15000;

/**
 * Show a toast in the place of the one before.
 * @param {HTMLElement} root
 * @param {Toast} toast
 */
export function showToast(root, { tone, title, detail }) {
  const el = h("div.toast", { "data-tone": tone, role: tone === "bad" ? "alert" : null });
  const hide = () => el.remove();
  const close = h("button.iconbtn.bare", { type: "button", "aria-label": "Dismiss", onclick: hide }, h("span", {}, icon("close")));
  el.append(icon(tone === "bad" ? "alert" : "ok"), h("div", {}, h("b", {}, title), detail ? h("span.d", {}, detail) : ""), close);
  root.replaceChildren(el);
  setTimeout(hide, tone === "bad" ? BAD_MS : OK_MS);
}
