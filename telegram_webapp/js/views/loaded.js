/** A card whose content is asked for: loading, empty, failed and there are each designed. */

import { h, setText } from "../dom.js";
import { icon } from "../icons.js";

/** @typedef {import("../main.js").App} App */

/**
 * @template T
 * @param {object} what
 * @param {string} what.title
 * @param {string} what.none what is said when there is nothing
 * @param {() => Promise<T[]>} what.load
 * @param {(item: T, card: {again: () => Promise<void>}) => HTMLElement} what.row
 * @param {...Node} foot what stands below the list
 * @returns {{el: HTMLElement, again: () => Promise<void>, mend: () => void, remark: (text: string) => void}}
 *     `mend` asks again if that failed
 */
export function loadedCard({ title, none, load, row }, ...foot) {
  const note = h("span.cap");
  const list = h("ul.rows");
  const words = h("p.cap", { role: "status" }, "Loading");
  const retry = h("button.btn.quiet", { type: "button", hidden: true, onclick: () => void again() }, "Try again");
  const el = h("section.card.panel.loaded", {}, h("header", {}, h("h2", {}, title), note), list, words, retry, ...foot);
  let asked = 0;
  return { el, again, mend: () => { if (!retry.hidden) void again(); }, remark: (text) => { setText(note, text); } };

  async function again() {
    const turn = ++asked;
    try {
      const items = await load();
      // An answer that was overtaken is older than what is shown.
      if (turn !== asked) return;
      keepFocus(list, () => list.replaceChildren(...items.map((item) => row(item, { again }))));
      setText(words, items.length ? "" : none);
      words.hidden = items.length > 0;
      retry.hidden = true;
    } catch (error) {
      if (turn !== asked) return;
      setText(words, `This did not load. ${detailOf(error)}`);
      words.hidden = retry.hidden = false;
    }
  }
}

/**
 * The head of a view that stands below More.
 * @param {App} app
 * @param {string} title
 * @returns {HTMLElement}
 */
export function headOf(app, title) {
  const back = h("a.link.back", { href: app.router.href("more") }, icon("chevron", true), "More");
  return h("div.part.more-head", {}, back, h("h1.title", {}, title));
}

/**
 * Change a list; the control of the same name has the focus as before.
 * @param {HTMLElement} list
 * @param {() => void} change
 */
function keepFocus(list, change) {
  const { activeElement } = document;
  const name = list.contains(activeElement) ? activeElement?.getAttribute("aria-label") : null;
  change();
  if (!name) return;
  const same = [...list.querySelectorAll("[aria-label]")].find((el) => el.getAttribute("aria-label") === name);
  if (same instanceof HTMLElement) same.focus({ preventScroll: true });
}

/** What went wrong, in words. @param {any} error @returns {string} */
export function detailOf(error) {
  return error.detail || String(error.message ?? error);
}

/**
 * A button that does something once and says what went wrong.
 * @param {App} app
 * @param {string} word
 * @param {() => Promise<unknown>} act
 * @param {{name?: string, failed?: string, sure?: string}} [how] `name` for screen readers; with
 *     `sure` a second press is needed, whose word that is
 * @returns {HTMLButtonElement}
 */
export function actButton(app, word, act, { name = word, failed = "That was not done", sure = "" } = {}) {
  const button = /** @type {HTMLButtonElement} */ (h("button.btn.quiet.small", { type: "button", "aria-label": name }, word));
  let asked = !sure;
  button.addEventListener("click", () => void press());
  button.addEventListener("blur", () => { if (sure) calm(); });
  return button;

  function calm() {
    asked = false;
    setText(button, word);
    button.setAttribute("aria-label", name);
  }

  async function press() {
    if (!asked) {
      asked = true;
      setText(button, sure);
      button.setAttribute("aria-label", `${sure} ${name}`);
      return;
    }
    button.disabled = true;
    try {
      await act();
    } catch (error) {
      app.toast({ tone: "bad", title: failed, detail: detailOf(error) });
    }
    button.disabled = false;
    if (sure) calm();
  }
}

/**
 * Let a form do something once for each time it is sent.
 * @param {HTMLElement} form
 * @param {() => Promise<unknown>} act
 * @param {(error: unknown) => void} fail
 */
export function onSubmit(form, act, fail) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("[type=submit]"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    await act().catch(fail);
    button.disabled = false;
  });
}

/**
 * Something to choose from.
 * @param {string} label for screen readers
 * @param {[value: string | number, word: string][]} values
 * @param {string | number} [current]
 * @returns {{el: HTMLElement, select: HTMLSelectElement}}
 */
export function selectOf(label, values, current = values[0][0]) {
  const select = /** @type {HTMLSelectElement} */ (h("select", { "aria-label": label }, ...values.map(([value, word]) => h("option", { value, selected: value === current }, word))));
  return { el: h("span.select", {}, select, icon("chevron", true)), select };
}
