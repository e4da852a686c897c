/**
 * The sheet: a modal dialog at the thumb on phones, in the middle on desks.
 *
 * It is the browser's own dialog, which keeps the focus inside, closes at Escape and gives the
 * focus back.
 */

import { h } from "../dom.js";
import { showBadge } from "./topbar.js";

/**
 * Open a sheet.
 * @param {object} content
 * @param {string} content.title
 * @param {string} [content.badge] what the page must say about reality
 * @param {HTMLElement[]} content.body
 * @param {() => void} [content.onClose] however it was closed
 * @returns {{el: HTMLDialogElement, title: HTMLElement, badge: HTMLElement, close: () => void}}
 */
export function openSheet({ title, badge = "", body, onClose }) {
  const heading = h("h2", { id: "sheet-title", tabindex: "-1", autofocus: true }, title);
  const mode = h("span.badge");
  showBadge(mode, badge);
  const el = /** @type {HTMLDialogElement} */ (h("dialog.sheet", { "aria-labelledby": "sheet-title" },
    h("div.grab", { "aria-hidden": "true" }), h("div.sheet-head", {}, heading, mode), ...body));
  el.classList.toggle("real", mode.classList.contains("real"));
  const close = () => el.close();
  el.addEventListener("click", (event) => { if (event.target === el && isOutside(el, event)) close(); });
  el.addEventListener("close", () => { el.remove(); tell(); onClose?.(); });
  document.body.append(el);
  el.showModal();
  tell();
  return { el, title: heading, badge: mode, close };
}

/** Say that a sheet came or went, to whoever has a button for it. */
function tell() {
  document.dispatchEvent(new Event("sheet"));
}

/** @param {HTMLElement} el @param {MouseEvent} event @returns {boolean} a press on what lies behind */
function isOutside(el, event) {
  const box = el.getBoundingClientRect();
  return event.clientY < box.top || event.clientY > box.bottom || event.clientX < box.left || event.clientX > box.right;
}
