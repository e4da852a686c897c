/** Figures of a market that are asked for while they are looked at, and one line that says how old they are. */

import { h, setText } from "../dom.js";
import { capital } from "../format.js";
import { hourMinuteSecond, span, zone } from "../time.js";
import { detailOf } from "./loaded.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Answer */

const RETRY_MS = 5_000;
/** While nobody touches the page, or bytes are dear. */
const SELDOM_MS = 30_000;
/** Ticks come each second: what is due within this is asked for now. */
const NEARLY_MS = 200;

/**
 * @typedef {object} Asked
 * @property {HTMLElement} el the line
 * @property {(params: Record<string, any>) => void} look ask for something, at once if it is another
 * @property {(changed: Set<string>) => void} update ask again when that is due
 * @property {() => Promise<void>} again
 * @property {() => void} unmount
 */

/**
 * Make it; nothing is asked for before the first look.
 * @param {App} app
 * @param {object} how
 * @param {string} how.path
 * @param {number} how.everyMs how old an answer may grow
 * @param {string} how.what "The funding"
 * @param {(answer: Answer | null) => void} how.show null while there is no answer yet
 * @returns {Asked}
 */
export function asked(app, { path, everyMs, what, show }) {
  const el = h("p.cap.asked");
  /** @type {Record<string, any> | null} */
  let params = null;
  /** @type {Answer | null} */
  let answer = null;
  let turn = 0;
  /** An answer that takes longer than the pause between two questions must not be overtaken. */
  let waiting = false;
  let failed = "";
  let askedAt = -Infinity;
  return {
    el, again,
    look(next) {
      if (params && JSON.stringify(next) === JSON.stringify(params)) return;
      params = next;
      answer = null;
      failed = "";
      show(null);
      say();
      void again();
    },
    update(changed) {
      if (!params) return;
      const old = performance.now() - askedAt;
      const touched = app.live?.pace.rate === "live";
      const { frozen } = app.connection.current;
      // What nobody can tell just now is not asked for all the time; the answer comes with the connection.
      const due = failed && !frozen ? RETRY_MS : touched && !frozen ? everyMs : Math.max(everyMs, SELDOM_MS);
      const restored = changed.has("connection") && !frozen && old > RETRY_MS;
      if (!document.hidden && !waiting && (restored || old > due - NEARLY_MS)) void again();
      else if (changed.has("time") || changed.has("connection")) say();
    },
    unmount: () => { turn += 1; params = null; },
  };

  async function again() {
    if (!params) return;
    turn += 1;
    const mine = turn;
    askedAt = performance.now();
    waiting = true;
    try {
      const found = await app.api.get(path, params);
      if (mine !== turn) return;
      [answer, failed] = [found, ""];
      show(found);
    } catch (error) {
      if (mine !== turn) return;
      // Once is enough for who listens; the line itself changes too often to be read out.
      if (!failed) app.announce(`${what} did not load.`);
      failed = capital(detailOf(error)).replace(/[^.!?]$/, "$&.");
    }
    waiting = false;
    say();
  }

  function say() {
    setText(el, words());
    el.classList.toggle("warn", Boolean(failed) || Boolean(answer?.stale));
  }

  /** @returns {string} */
  function words() {
    const at = typeof answer?.at === "number" ? ` of ${hourMinuteSecond(answer.at)} ${zone.name}` : "";
    if (failed) return `${what} did not load. ${failed} ${answer ? `Figures${at} are shown, and` : "They"} are asked for again by themselves.`;
    if (!answer) return "Loading";
    if (answer.stale || app.connection.current.frozen) return `Not of now: figures${at}${at ? `, ${span(app.clock.ageMs(answer.at))} old` : ""}.`;
    return at ? `Figures${at}` : "";
  }
}
