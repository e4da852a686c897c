/** How the machine and our processes are, in a line; asked for every five seconds. */

import { h, keyedList, setText } from "../dom.js";
import { UNKNOWN, digits, percent } from "../format.js";
import { asked } from "./market_asked.js";

/** @typedef {Record<string, any>} System */

const EVERY_MS = 5000;
const GIGABYTE = 1e9;

/** @type {[label: string, read: (system: System) => string][]} */
const READINGS = [
  ["CPU", ({ machine }) => known(machine.cpu_pct, (value) => percent(value, 0))],
  ["Memory", ({ machine }) => known(machine.memory_used, (value) => `${digits(value / GIGABYTE, 1)} of ${digits(machine.memory_total / GIGABYTE, 1)} GB`)],
  ["Disk free", ({ machine }) => known(machine.disk_free, (value) => `${digits(value / GIGABYTE, 0)} GB`)],
  ["Feed", ({ feed }) => known(feed?.rate_per_s, (value) => `${digits(value, 0)}/s`)],
  ["Exchange to page, p95", ({ hops }) => known(hops?.find((/** @type {any} */ hop) => hop.name === "total")?.p95_ms, (value) => `${digits(value, 0)} ms`)],
  ["Streams", ({ stream }) => known(stream?.subscribers, (value) => digits(value, 0))],
  ["Query, p95", ({ database }) => known(database?.query_ms?.p95, (value) => `${digits(value, 1)} ms`)],
  ["Pipelines", ({ pipelines }) => pipelineWords(pipelines ?? [])],
];

/** @param {HTMLElement} root @param {import("../main.js").App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const cells = READINGS.map(([label, read]) => {
    const value = h("b", {}, UNKNOWN);
    return { read, value, el: h("span", {}, `${label} `, value) };
  });
  const processes = h("ul", { "aria-label": "Processes" });
  const show = keyedList(processes, { key: (/** @type {any} */ one) => one.name, create: process });
  const feed = asked(app, {
    path: "api/system", everyMs: EVERY_MS, what: "The system's figures",
    show(system) {
      if (!system) return;
      for (const { read, value } of cells) setText(value, read(system));
      show(system.processes);
    },
  });
  root.append(h("h2.vh", {}, "System"), processes, ...cells.map(({ el }) => el), h("span.sp"), feed.el);
  feed.look({});
  return { update: (_, changed) => feed.update(changed), unmount: feed.unmount };
}

/** @param {any} one */
function process(one) {
  const words = h("b");
  const el = h("li", {}, h("i.dot", { "aria-hidden": "true" }), `${one.name} `, words);
  return {
    el,
    /** @param {any} now */
    update(now) {
      el.dataset.status = now.status;
      setText(words, now.status === "up" ? known(now.cpu_pct, (value) => percent(value, 0)) : now.status);
    },
  };
}

/** @param {any[]} pipelines @returns {string} */
function pipelineWords(pipelines) {
  const bad = pipelines.filter(({ status }) => status === "failed" || status === "late");
  if (!pipelines.length) return UNKNOWN;
  return bad.length ? bad.map(({ title, status }) => `${title} ${status}`).join(", ") : "all well";
}

/** @param {any} value @param {(value: number) => string} text @returns {string} */
function known(value, text) {
  return typeof value === "number" ? text(value) : UNKNOWN;
}
