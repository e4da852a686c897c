/** The processes of ours and the machine that they are on. */

import { h, keyedList, setAttr, setText } from "../dom.js";
import { UNKNOWN, digits } from "../format.js";
import { NAMES, count, diskForecast, millis, pct, share, size } from "../system_words.js";
import { span } from "../time.js";
import { sectionCard } from "./section_card.js";

/** @typedef {import("../system_words.js").System} System */
/** @typedef {Record<string, any>} Process */

const TONES = /** @type {Record<string, string>} */ ({ up: "on", away: "bad" });
/** @type {[label: string, read: (one: Process) => string][]} */
const FIGURES = [
  ["CPU", (one) => pct(one.cpu_pct)],
  ["Memory", (one) => size(one.rss_bytes)],
  ["Up for", (one) => (one.uptime_s === null ? UNKNOWN : span(one.uptime_s * 1000))],
  ["Restarts", (one) => count(one.restarts)],
  ["Open files", (one) => count(one.open_files)],
  ["Lag, p95", (one) => millis(one.lag?.p95_ms)],
];

export function processesCard() {
  const list = h("ul.procs");
  const card = sectionCard("Processes", list, h("p.cap.system-wait", {}, "Loading"));
  const show = keyedList(list, { key: (/** @type {Process} */ { name, pid }) => `${name} ${pid}`, create: () => row() });
  return {
    el: card.el,
    /** @param {System} system */
    show({ processes }) {
      drop(card.el);
      show(processes);
      card.remark("CPU of one core");
    },
  };
}

/** Take away the word that stood there while nothing was known. @param {HTMLElement} el */
export function drop(el) {
  el.querySelector(":scope > .system-wait")?.remove();
}

function row() {
  const [name, state, note] = [h("b"), h("span.tag"), h("small")];
  const cells = FIGURES.map(([label, read]) => {
    const value = h("dd");
    return { read, value, el: h("div", {}, h("dt", {}, label), value) };
  });
  const figures = h("dl", {}, ...cells.map((cell) => cell.el));
  const el = h("li", {}, h("div.proc-head", {}, name, state, note), figures);
  return {
    el,
    /** @param {Process} one */
    update(one) {
      setText(name, NAMES[one.name] ?? one.name);
      setText(state, one.status);
      setAttr(state, "class", `tag ${TONES[one.status] ?? ""}`.trim());
      setText(note, one.note);
      setAttr(el, "title", one.pid === null ? null : `Process ${one.pid}${one.threads ? `, ${one.threads} threads` : ""}${one.lag ? `. Lag at most ${millis(one.lag.max_ms)} lately` : ""}`);
      for (const { read, value } of cells) setText(value, read(one));
      // A file is up without being a process: its note says all there is.
      figures.hidden = one.status === "up" && one.pid === null;
    },
  };
}

/** @type {[label: string, part: string, whole: string][]} */
const METERS = [["CPU", "cpu_pct", ""], ["Memory", "memory_used", "memory_total"], ["Disk", "disk_used", "disk_total"]];

/** @type {[label: string, read: (machine: Record<string, any>) => string][]} */
const FACTS = [
  ["Database", (machine) => size(machine.database_bytes)],
  ["Grows a day", (machine) => size(machine.database_bytes_per_day)],
  ["Free on the disk", (machine) => size(machine.disk_free)],
  ["Load, 1 minute", (machine) => (machine.load_1m === null ? UNKNOWN : digits(machine.load_1m, 2))],
];

export function machineCard() {
  const meters = METERS.map(([label, part, whole]) => meter(label, part, whole));
  const rows = FACTS.map(([label, read]) => {
    const value = h("dd");
    return { read, value, el: h("div", {}, h("dt", {}, label), value) };
  });
  const words = h("p.cap");
  const card = sectionCard("Machine", h("ul.system-meters", {}, ...meters.map(({ el }) => el)), h("dl.kv", {}, ...rows.map(({ el }) => el)), words);
  return {
    el: card.el,
    /** @param {System} system */
    show({ machine, at }) {
      for (const one of meters) one.show(machine);
      for (const { read, value } of rows) setText(value, read(machine));
      setText(words, diskForecast(machine, at));
    },
  };
}

/** @param {string} label @param {string} part @param {string} whole */
function meter(label, part, whole) {
  const [value, words, bar] = [h("b"), h("span.cap"), h("i")];
  const el = h("li", {}, h("span", {}, label), value, h("div.track", { "aria-hidden": "true" }, bar), words);
  return {
    el,
    /** @param {Record<string, any>} machine */
    show(machine) {
      const used = whole ? share(machine[part], machine[whole]) : machine[part];
      setText(value, pct(used));
      setText(words, whole ? `${size(machine[part])} of ${size(machine[whole])}` : `of ${machine.cores} cores`);
      bar.style.width = `${Math.max(0, Math.min(100, used ?? 0)).toFixed(1)}%`;
      setAttr(el, "data-tone", used >= 97 ? "bad" : used >= 90 ? "warn" : null);
    },
  };
}
