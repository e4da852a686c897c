/** What each strategy last thought of each market, also when it held: why there is no trade. */

import { actionSign, decisionLine } from "../decisions.js";
import { h, keyedList, setAttr, setText } from "../dom.js";
import { baseOf } from "../format.js";
import { icon } from "../icons.js";
import { ago } from "../time.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Outlook */


/**
 * @param {HTMLElement} root
 * @param {App} app
 * @param {{title?: string}} [options]
 * @returns {import("../main.js").View}
 */
export function mount(root, app, { title = "Signals" } = {}) {
  const list = h("ul.thoughts.card");
  const empty = h("div.empty.card", { hidden: true }, h("span.ic", {}, icon("scale")), h("b", {}, "No thought yet"),
    h("p", {}, "A strategy speaks when a candle it watches closes."));
  root.append(h("div.sec", {}, h("h2", {}, title), h("span.sp"), h("a.link", { href: app.router.href("signals") }, "All", icon("chevron", true))), list, empty);
  const show = keyedList(list, { key: (/** @type {Outlook} */ item) => item.key, create: () => row(app) });
  return {
    update(state, changed) {
      if (!state || !(changed.has("outlook") || changed.has("time") || changed.has("route"))) return;
      const thoughts = Object.values(state.outlook).sort((a, b) => b.at - a.at);
      show(thoughts);
      list.hidden = !thoughts.length;
      empty.hidden = thoughts.length > 0;
    },
    unmount() {},
  };
}

/** @param {App} app */
function row(app) {
  const sign = h("span", { "aria-hidden": "true" });
  const word = h("span");
  const tag = h("span.dir", {}, sign, word);
  const name = h("span");
  const strategy = h("small");
  const reason = h("div.m");
  const confidence = h("div.h");
  const age = h("div.m");
  const el = h("li", {}, tag, h("div", {}, h("div.h", {}, name, strategy), reason), h("div.r", {}, confidence, age));
  return {
    el,
    /** @param {Outlook} thought */
    update(thought) {
      const [mark, action] = actionSign(thought.action);
      setText(sign, mark);
      setText(word, action);
      setAttr(tag, "class", `dir ${thought.action}`);
      setText(name, baseOf(thought.symbol));
      setText(strategy, ` ${thought.strategy}`);
      const said = decisionLine(thought);
      setText(reason, said);
      setAttr(reason, "title", said);
      setText(confidence, thought.confidence.toFixed(2));
      setText(age, ago(thought.at, app.clock.now()));
    },
  };
}
