/** Top bar: is it alive, is it real, and the one switch that stops new entries. */

import { h, setAttr, setText } from "../dom.js";
import { icon, mark } from "../icons.js";
import { fullDay, hourMinuteSecond, zone } from "../time.js";

/** @typedef {import("../main.js").App} App */

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const conn = connection(app.router.href("exchange"));
  const badge = h("span.badge", { hidden: true });
  const clock = h("span.cap.utc", { "aria-hidden": "true" });
  const pause = pauseButton(app);
  root.append(h("span.brand", {}, mark(), h("b", {}, "Quarterdeck")), conn.el, h("span.sp"), clock, badge, pause.el);

  return {
    update(state, changed) {
      conn.update(app.connection.current, !app.session.isShut);
      if (changed.has("time")) setText(clock, dateAndTime(app.clock.now()));
      if (changed.has("engine")) showBadge(badge, state?.engine.badge ?? "");
      pause.update(Boolean(state?.engine.paused));
    },
    unmount() {},
  };
}

/** @param {number} at 0 while unknown @returns {string} */
const dateAndTime = (at) => (at ? `${fullDay(at)}, ${hourMinuteSecond(at)} ${zone.name}` : "");

/** @param {string} href where it is told in full */
function connection(href) {
  const dot = h("i.dot");
  const glyph = h("span.glyph", {}, dot);
  const word = h("span.word");
  const age = h("span.age");
  const el = h("a.conn", { href }, glyph, word, age);
  let shown = "dot";
  return {
    el,
    /** @param {import("../connection.js").Connection} now @param {boolean} known */
    update(now, known) {
      el.hidden = !known;
      if (shown !== (now.icon || "dot")) {
        shown = now.icon || "dot";
        glyph.replaceChildren(now.icon ? icon(now.icon, true) : dot);
      }
      setAttr(el, "data-tone", now.tone);
      setText(word, now.word);
      setText(age, now.age);
    },
  };
}

/** @param {HTMLElement} badge @param {string} text */
export function showBadge(badge, text) {
  badge.hidden = !text;
  setText(badge, text);
  badge.classList.toggle("testnet", /^(TESTNET|WATCH)/.test(text));
  badge.classList.toggle("real", text.startsWith("LIVE"));
}

/** @param {App} app */
function pauseButton(app) {
  let paused = false;
  const glyph = h("span", {}, icon("pause"));
  const label = h("b.wide", {}, "Pause trading");
  const ask = () => void app.commands.ask(paused ? "resume" : "pause", {});
  const el = h("button.iconbtn.pause", { type: "button", onclick: ask }, glyph, label);
  setAttr(el, "aria-label", "Pause trading");
  return {
    el,
    /** @param {boolean} now */
    update(now) {
      el.hidden = !app.session.mayTrade;
      /** @type {HTMLButtonElement} */ (el).disabled = !app.connection.current.canPause;
      if (now === paused) return;
      paused = now;
      glyph.replaceChildren(icon(paused ? "play" : "pause"));
      setText(label, paused ? "Resume trading" : "Pause trading");
      setAttr(el, "aria-label", paused ? "Resume trading" : "Pause trading");
    },
  };
}
