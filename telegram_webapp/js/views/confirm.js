/** The sheet of a wish: what would be done, with amounts and how long that holds, then the act. */

import { Wish, refusal } from "../commands.js";
import { plainly } from "../display.js";
import { h, setText } from "../dom.js";
import { toneOf } from "../format.js";
import { ASKING, KEEP, amountText, doubt, isGain } from "../wish_words.js";
import { openSheet } from "./sheet.js";
import { MEANS, stopButton } from "./stop_button.js";
import { showBadge } from "./topbar.js";

/** @typedef {import("../main.js").App} App */

const QUOTED = ["close_position", "close_all"];

/**
 * Ask what a command would do, show it, and do it when confirmed; one sheet at a time.
 * @param {App} app
 * @param {string} command
 * @param {Record<string, any>} args
 * @param {{subject?: string}} [about] what the command is about, in a word: "BTC long"
 * @returns {Promise<void>} once the sheet is closed
 */
export function ask(app, command, args, { subject = "" } = {}) {
  if (document.querySelector("dialog[open]")) return Promise.resolve();
  return new Promise((resolve) => {
    const sheet = new ConfirmSheet(app, new Wish(app.api, command, args), subject, resolve);
    void sheet.ask();
  });
}

class ConfirmSheet {
  #app;
  #wish;
  #subject;
  #sheet;
  #timer = 0;
  #open = true;
  #parts = {
    lead: h("p.lead"), lines: h("dl.kv"), ttl: ttl(),
    error: h("p.sheet-error", { role: "alert", hidden: true }),
    keep: h("button.btn.quiet", { type: "button" }), act: /** @type {HTMLButtonElement} */ (h("button.btn.main", { type: "button" })),
  };

  /** @param {App} app @param {Wish} wish @param {string} subject @param {() => void} done */
  constructor(app, wish, subject, done) {
    this.#app = app;
    this.#wish = wish;
    this.#subject = subject;
    const { lead, lines, ttl: time, error, keep, act } = this.#parts;
    setText(keep, KEEP[wish.command] ?? "Keep");
    lines.append(...(QUOTED.includes(wish.command) ? Array.from({ length: 6 }, waitingLine) : []));
    this.#sheet = openSheet({
      title: ASKING[wish.command] ?? "Confirm", badge: app.store.state?.engine.badge,
      body: [lead, lines, error, time.el, h("div.two-btn", {}, keep, act)],
      onClose: () => { this.#open = false; clearInterval(this.#timer); done(); },
    });
    // Who is in a hurry need not wait for the engine's figures.
    if (wish.command === "pause") this.#sheet.el.append(stopButton(app, this.#sheet.close).el, h("p.cap", {}, MEANS));
    keep.addEventListener("click", () => this.#sheet.close());
    act.addEventListener("click", () => void this.#press());
  }

  /** Ask the engine what it would do, and show it. */
  async ask() {
    const { act, error } = this.#parts;
    clearInterval(this.#timer);
    error.hidden = true;
    act.disabled = true;
    setText(act, "One moment");
    this.#parts.ttl.set(null);
    try {
      const intent = await this.#wish.ask();
      // What is agreed to is shown, whatever else a person hides.
      if (this.#open) plainly(() => this.#show(intent));
    } catch (problem) {
      if (this.#open) this.#fail(problem);
    }
  }

  /** @param {import("../commands.js").Intent} intent */
  #show(intent) {
    const { lead, lines, act } = this.#parts;
    setText(this.#sheet.title, intent.title);
    showBadge(this.#sheet.badge, intent.badge);
    this.#sheet.el.classList.toggle("real", this.#sheet.badge.classList.contains("real"));
    setText(lead, intent.summary);
    lines.replaceChildren(...intent.lines.map(line));
    setText(act, intent.act_label);
    act.disabled = false;
    const until = performance.now() + intent.valid_s * 1000;
    const tick = () => this.#count(until - performance.now(), intent.valid_s * 1000);
    tick();
    this.#timer = setInterval(tick, 1000);
  }

  /** @param {number} leftMs @param {number} wholeMs */
  #count(leftMs, wholeMs) {
    this.#parts.ttl.set(leftMs, wholeMs);
    if (leftMs > 0) return;
    clearInterval(this.#timer);
    this.#wish.intent = null;
    setText(this.#parts.act, "Ask again");
  }

  async #press() {
    if (!this.#wish.intent) return this.ask();
    const { act } = this.#parts;
    act.disabled = true;
    const label = act.textContent ?? "";
    setText(act, "Sending");
    try {
      const result = await this.#wish.confirm();
      this.#sheet.close();
      this.#app.toast({ tone: result.ok ? "ok" : "bad", title: result.title, detail: result.detail });
    } catch (problem) {
      if (/** @type {any} */ (problem).status === 0) this.#unanswered(label);
      else this.#refused(problem);
    }
    return undefined;
  }

  /** The answer was lost; the same key makes a second press safe. @param {string} label */
  #unanswered(label) {
    const { act, error } = this.#parts;
    error.hidden = false;
    setText(error, "No answer came, so it may have been done. Press again to make sure: it is never done twice.");
    setText(act, label);
    act.disabled = false;
  }

  /** @param {unknown} problem */
  #refused(problem) {
    this.#sheet.close();
    this.#app.toast({ tone: "bad", ...refusal(this.#wish.command, this.#subject, problem) });
  }

  /** @param {unknown} problem */
  #fail(problem) {
    const { error, act, lines } = this.#parts;
    lines.replaceChildren();
    const { detail } = refusal(this.#wish.command, this.#subject, problem);
    error.hidden = false;
    setText(error, detail);
    setText(act, "Ask again");
    act.disabled = false;
  }
}

/** @param {import("../wish_words.js").Line} told */
function line(told) {
  const figure = h("span", isGain(told) ? { class: `num ${toneOf(/** @type {number} */ (told.value))}` } : {}, amountText(told));
  return h("div", { class: told.tone === "total" ? "sum" : null }, h("dt", {}, told.label), h("dd", {}, doubt(told), figure));
}

/** @returns {HTMLElement} */
function waitingLine() {
  return h("div", { "aria-hidden": "true" }, h("dt", {}, h("span.live")), h("dd", {}, h("span.live")));
}

/** How long the quote still holds. */
function ttl() {
  const text = h("span");
  const bar = h("i");
  const el = h("div.ttl", {}, text, h("span.meter.accent", {}, bar));
  return {
    el,
    /** @param {number | null} leftMs @param {number} [wholeMs] */
    set(leftMs, wholeMs = 1) {
      const left = Math.max(0, leftMs ?? 0);
      bar.style.transform = `scaleX(${Math.min(1, left / wholeMs).toFixed(3)})`;
      setText(text, leftMs === null ? "Asking the engine" : left ? `Valid ${Math.ceil(left / 1000)}s` : "No longer valid");
    },
  };
}
