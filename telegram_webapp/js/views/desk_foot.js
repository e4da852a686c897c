/** The foot of the desk: how fast and how steadily it hears the engine, and the keys. */

import { h, setText } from "../dom.js";
import { UNKNOWN, counted, digits } from "../format.js";
import { span } from "../time.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../fold.js").State} State */

/** @type {[label: string, read: (state: State, app: App) => string][]} */
const READINGS = [
  ["Engine to page", (state, app) => delay(state, app, 0.5)],
  ["p95", (state, app) => delay(state, app, 0.95)],
  ["Events", (_, app) => `${digits(app.vitals?.rate() ?? 0, 0)}/s`],
  ["Reconnected", (_, app) => counted(app.vitals?.reconnects ?? 0, "time")],
  ["Engine up", ({ engine }, app) => span(app.clock.ageMs(engine.started_at))],
];
const KEYS = [[["P"], "pause"], [["1", "5"], "views"], [["?"], "keys"]];

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const cells = READINGS.map(([label, read]) => {
    const value = h("b", {}, UNKNOWN);
    return { read, value, el: h("span", {}, `${label} `, value) };
  });
  const keys = KEYS.map(([names, word]) => h("span.key-hint", {}, h("kbd", {}, names[0]), names[1] && " to ", names[1] && h("kbd", {}, names[1]), ` ${word}`));
  root.append(...cells.map(({ el }) => el), h("span.sp"), ...keys);
  return {
    update(state, changed) {
      if (!state || !changed.has("time")) return;
      for (const { read, value } of cells) setText(value, read(state, app));
    },
    unmount() {},
  };
}

/** @param {State} state @param {App} app @param {number} share @returns {string} */
function delay({ engine }, app, share) {
  const ms = engine.speed === 1 ? app.vitals?.delay(share) ?? null : null;
  return ms === null ? UNKNOWN : `${Math.round(ms)} ms`;
}
