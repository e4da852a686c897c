/** A screen on a wall: nothing to touch, nothing to scroll, turning by itself, awake, honest about its age. */

import { h, setAttr, setText } from "./dom.js";
import { hourMinuteSecond, zone } from "./time.js";

/** @typedef {import("./main.js").App} App */

const TURN_S = { usual: 15, least: 5, most: 600 };
/** Untouched pages are told less often; a wall is looked at, not touched. */
const STILL_HERE_MS = 10_000;

/** How often it turns, s. @param {URLSearchParams} params @returns {number} */
export function turnsEvery(params) {
  const wish = Number(params.get("every"));
  return wish >= TURN_S.least && wish <= TURN_S.most ? wish : TURN_S.usual;
}

/**
 * Begin.
 * @param {HTMLElement} root of the view
 * @param {App} app
 * @param {{every: number, turn: () => void}} how
 * @returns {{update: () => void, stop: () => void}}
 */
export function startWall(root, app, { every, turn }) {
  const words = h("b");
  const detail = h("span");
  const warning = h("div.wall-age", { role: "alert", hidden: true }, words, detail);
  const clock = h("p.wall-clock", { "aria-hidden": "true" });
  root.append(warning, clock);
  setAttr(document.documentElement, "data-wall", "on");
  const turning = setInterval(() => { if (!document.hidden) turn(); }, every * 1000);
  const here = setInterval(() => app.live?.pace.touch(), STILL_HERE_MS);
  /** @type {{release: () => Promise<void>} | null} */
  let lock = null;
  let stopped = false;
  const wake = () => void stayAwake();
  document.addEventListener("visibilitychange", wake);
  wake();

  return {
    update() {
      const { current } = app.connection;
      warning.hidden = current.name === "live";
      setAttr(warning, "data-tone", current.tone);
      setText(words, current.banner?.title ?? current.word);
      setText(detail, [current.banner?.detail, current.age && `${current.word} for ${current.age}`].filter(Boolean).join(" "));
      const now = app.clock.now();
      setText(clock, now ? `${hourMinuteSecond(now)} ${zone.name}` : "");
    },
    stop() {
      stopped = true;
      clearInterval(turning);
      clearInterval(here);
      document.removeEventListener("visibilitychange", wake);
      void lock?.release().catch(() => {});
      // Signed out, it goes on to be read from afar: that it is, and how to come back.
      if (!app.session.isShut) setAttr(document.documentElement, "data-wall", null);
    },
  };

  /** The browser may refuse, as on a low battery: then the screen does what it is set to. */
  async function stayAwake() {
    if (document.hidden || stopped) return;
    try {
      lock = await /** @type {any} */ (navigator).wakeLock?.request("screen");
      if (stopped) await lock?.release();
    } catch (error) {
      console.info(`The screen may go dark: ${error}`);
    }
  }
}
