/** The desk's comparison of two strategies: the verdict and its interval. */

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { verdictCard } from "./ab_verdict.js";

const ASK_AGAIN_MS = 60_000;
/** Unless the settings say otherwise. */
const GATHER_S = 2;

/** @param {HTMLElement} root @param {import("../main.js").App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const verdict = verdictCard();
  root.append(h("div.sec", {}, h("h2", {}, "A/B test"), h("span.sp"), h("a.link", { href: app.router.href("ab-test") }, "Compare", icon("chevron", true))), verdict.el);
  root.hidden = true;
  let askedAt = -Infinity;
  let closed = "";
  let gone = false;
  let timer = 0;

  return {
    update(state) {
      if (!state) return;
      const trading = Object.values(state.strategies).filter(({ status }) => status === "trading");
      root.hidden = trading.length < 2;
      const now = trading.map(({ id, closed_trades: count }) => `${id} ${count}`).join();
      const age = performance.now() - askedAt;
      if (root.hidden || timer || (now === closed && age < ASK_AGAIN_MS)) return;
      closed = now;
      timer = setTimeout(() => void ask(), Math.max(0, (app.boot.trading?.update_interval ?? GATHER_S) * 1000 - age));
    },
    unmount() {
      gone = true;
      clearTimeout(timer);
    },
  };

  async function ask() {
    timer = 0;
    askedAt = performance.now();
    try {
      const data = await app.api.get("api/ab-test", { range: "all" });
      if (!gone) verdict.show(data);
    } catch (error) {
      if (!gone) verdict.text.textContent = `The comparison did not load. ${/** @type {any} */ (error).detail ?? ""}`;
    }
  }
}
