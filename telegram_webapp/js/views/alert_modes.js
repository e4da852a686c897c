/** How one wishes to be told: by type, when not at all, quiet hours, in this browser. */

import { h, setAttr, setText } from "../dom.js";
import { notices } from "../notices.js";
import { when, zone } from "../time.js";
import { actButton, detailOf, loadedCard, onSubmit } from "./loaded.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {{type: string, title: string, mode: string}} Kind */

const MODES = [["on", "On"], ["silent", "Silent"], ["off", "Off"]];
const [HOUR_S, MINUTES] = [3600, 60];

/** @param {App} app */
export function modesCard(app) {
  const mute = muting(app, () => card.again());
  const quiet = quietHours(app, () => card.again());
  const card = loadedCard({
    title: "How you are told", none: "",
    load: async () => {
      const [types, wishes] = await Promise.all([app.api.get("api/alerts/types"), app.api.get("api/alerts/settings")]);
      mute.show(wishes);
      quiet.show(wishes);
      return types.types.map((/** @type {any} */ type) => ({ ...type, mode: wishes.modes[type.type] }));
    },
    row: (kind) => row(app, kind),
  });
  card.el.classList.add("modes");
  card.el.querySelector("header")?.after(h("div.modes-head", {}, browser(app), mute.el, quiet.el));
  return card;
}

/** @param {App} app @param {Kind} kind */
function row(app, kind) {
  const buttons = MODES.map(([mode, word]) => ({ mode, el: h("button", { type: "button", onclick: () => void choose(mode) }, word) }));
  show(kind.mode);
  return h("li", {}, h("div.who", {}, h("b", {}, kind.title)), h("div.segs", { role: "group", "aria-label": kind.title }, ...buttons.map(({ el }) => el)));

  /** @param {string} mode */
  function show(mode) {
    for (const button of buttons) setAttr(button.el, "aria-pressed", String(button.mode === mode));
  }

  /** @param {string} mode */
  async function choose(mode) {
    show(mode);
    try {
      await app.api.put("api/alerts/settings", { modes: { [kind.type]: mode } });
    } catch (error) {
      show(kind.mode);
      app.toast({ tone: "bad", title: "That was not changed", detail: detailOf(error) });
      return;
    }
    kind.mode = mode;
  }
}

/**
 * A way of being told: what it is, what holds now, and what can be done.
 * @param {string} title
 * @param {...Node} acts
 * @returns {{el: HTMLElement, say: (text: string) => void}}
 */
function way(title, ...acts) {
  const words = h("p.cap", { role: "status" });
  const el = h("div.way", {}, h("div.who", {}, h("b", {}, title), words), h("div.acts", {}, ...acts));
  return { el, say: (text) => { setText(words, text); } };
}

/** Notifications of this browser, for those without Telegram. @param {App} app */
function browser(app) {
  const told = notices(app);
  const button = actButton(app, "", async () => { await told.toggle(); show(); });
  const { el, say } = way("This browser", button);
  el.hidden = app.isGuest || !told.possible;
  show();
  return el;

  function show() {
    setText(button, told.on ? "Switch off" : "Switch on");
    setAttr(button, "aria-label", `${button.textContent}: notifications of this browser`);
    say(told.problem || (told.on ? "Notifications come while this page is open, also behind others." : "Notifications while this page is open."));
  }
}

/** @param {App} app @param {() => Promise<void>} again */
function muting(app, again) {
  const put = (/** @type {number} */ seconds) => async () => { await app.api.put("api/alerts/settings", { muted_for_s: seconds }); await again(); };
  const [short, long, end] = [actButton(app, "Mute 2 h", put(2 * HOUR_S)), actButton(app, "8 h", put(8 * HOUR_S), { name: "Mute 8 h" }), actButton(app, "End the mute", put(0))];
  const { el, say } = way("Everything", short, long, end);
  return {
    el,
    /** @param {Record<string, any>} wishes */
    show(wishes) {
      short.hidden = long.hidden = Boolean(wishes.muted_until);
      end.hidden = !wishes.muted_until;
      say(wishes.muted_until ? `Muted until ${when(wishes.muted_until, Date.now())} ${zone.name}, but for errors. Then you get a digest.` : "A mute lets errors through.");
    },
  };
}

/** @param {App} app @param {() => Promise<void>} again */
function quietHours(app, again) {
  const [from, to] = ["22:00", "07:00"].map((value) => /** @type {HTMLInputElement} */ (h("input", { type: "time", value, required: true })));
  const words = h("p.cap", { role: "status" });
  const end = actButton(app, "No quiet hours", async () => { await app.api.put("api/alerts/settings", { quiet: null }); await again(); });
  const form = h("form.quiet-hours", {}, h("label.field", {}, h("span", {}, "Quiet from"), from), h("label.field", {}, h("span", {}, "to"), to), h("button.btn.quiet", { type: "submit" }, "Keep quiet"));
  onSubmit(form, async () => {
    const quiet = { start: minutes(from.value), end: minutes(to.value), utc_offset: -new Date().getTimezoneOffset() };
    await app.api.put("api/alerts/settings", { quiet });
    await again();
  }, (error) => app.toast({ tone: "bad", title: "Quiet hours were not kept", detail: detailOf(error) }));
  return {
    el: h("div.quiet", {}, form, h("div.way", {}, words, h("div.acts", {}, end))),
    /** @param {Record<string, any>} wishes */
    show({ quiet, quiet_text }) {
      end.hidden = !quiet;
      setText(words, quiet ? `Quiet ${quiet_text}. Errors come all the same, the rest as a digest.` : "Your own time of day. Errors come all the same.");
      if (!quiet) return;
      from.value = clock(quiet.start);
      to.value = clock(quiet.end);
    },
  };
}

/** @param {string} text "22:30" */
function minutes(text) {
  const [hours, rest] = text.split(":").map(Number);
  return hours * MINUTES + rest;
}

/** @param {number} minutes of the day */
function clock(minutes) {
  return [Math.floor(minutes / MINUTES), minutes % MINUTES].map((part) => String(part).padStart(2, "0")).join(":");
}
