/** What any market did out of the ordinary, newest first, as it happens. */

import { h, keyedList, setText } from "../dom.js";
import { baseOf } from "../format.js";
import { icon } from "../icons.js";
import { ago } from "../time.js";
import { asked } from "./market_asked.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Anomaly */

const EVERY_MS = 60_000;
const FEW = 20;
/** @type {Record<string, string>} */
const TONES = { mild: "", strong: "warn", extreme: "loss" };

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  /** @type {Map<string, Anomaly>} */
  const known = new Map();
  const list = h("ul.feed", { tabindex: "0", "aria-label": "Anomalies" });
  const none = h("p.note.cap", { hidden: true }, "Nothing out of the ordinary so far.");
  const feed = asked(app, { path: "api/anomalies", everyMs: EVERY_MS, what: "The list", show: take });
  root.append(h("div.sec", {}, h("h2", {}, "Anomalies"), h("span.sp"), h("a.link", { href: app.router.href("market") }, "Market", icon("chevron", true))), list, none, feed.el);
  const show = keyedList(list, { key: (/** @type {Anomaly} */ one) => String(one.id), create: (one) => row(one, app) });
  const unlisten = app.store.listen((type, one) => {
    if (type !== "anomaly_detected") return;
    known.set(String(one.id), one);
    draw();
  });
  feed.look({ limit: FEW });
  return {
    update(_, changed) {
      feed.update(changed);
      if (changed.has("time")) draw();
    },
    unmount() {
      unlisten();
      feed.unmount();
    },
  };

  /** @param {Record<string, any> | null} page */
  function take(page) {
    for (const one of page?.anomalies ?? []) known.set(String(one.id), one);
    none.hidden = !page || known.size > 0;
    draw();
  }

  function draw() {
    const newest = [...known.values()].sort((a, b) => b.at - a.at).slice(0, FEW);
    show(newest);
    list.hidden = !newest.length;
    if (newest.length) none.hidden = true;
  }
}

/** @param {Anomaly} one @param {App} app */
function row(one, app) {
  const age = h("div.m");
  const el = h("li.fact", {}, h("span", { class: `ic ${TONES[one.severity] ?? ""}` }, icon("alert")),
    h("div", {}, h("div.h", {}, `${baseOf(one.symbol)}: ${one.title}`), h("div.m", {}, one.detail)), h("div.r", {}, h("div.h", {}, one.severity), age));
  return { el, update: () => { setText(age, ago(one.at, app.clock.now())); } };
}
