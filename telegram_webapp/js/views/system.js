/** The engine room: how the machine, its processes and their work are, in words first. */

import { ApiError } from "../api.js";
import { h, setAttr } from "../dom.js";
import { verdictOf } from "../system_words.js";
import { detailOf, headOf } from "./loaded.js";
import { waitingCard } from "./alert_waiting.js";
import { machineCard, processesCard } from "./system_machine.js";
import { databaseCard, flowCard, streamCard } from "./system_flow.js";
import { pipelinesCard } from "./system_pipelines.js";
import { verdictCard } from "./system_verdict.js";
import { VitalsReport } from "./system_vitals.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../system_words.js").System} System */
/** @typedef {{el: HTMLElement, update?: (changed: Set<string>) => void, unmount?: () => void}} Late what comes when its part is first looked at */

const FIRST_MS = 5000;
/** While nobody touches the page, or bytes are dear. */
const SELDOM_MS = 30_000;
/** Ticks come each second: what is due within this is asked for now. */
const NEARLY_MS = 300;
const WIDE = "(min-width: 1024px)";
/** The parts, in order; on a desk they stand side by side. @type {[name: string, word: string][]} */
const PARTS = [["", "Health"], ["latency", "Latency"], ["pipelines", "Pipelines"], ["history", "History"], ["alerts", "Alerts"], ["models", "Models"], ["logs", "Logs"]];
/** @type {Record<string, (app: App) => Promise<Late>>} */
const LATER = {
  history: async (app) => (await import("./system_history.js")).historyCard(app),
  models: async (app) => (await import("./system_models.js")).modelsPart(app),
  logs: async (app) => (await import("./system_logs.js")).logsCard(app),
  alerts: async (app) => (await import("./system_audit.js")).auditPart(app),
};

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const view = new SystemView(root, app);
  return { update: (_, changed) => view.update(changed), unmount: () => view.stop() };
}

class SystemView {
  #app;
  #wide = matchMedia(WIDE);
  #room = h("div.system-parts");
  #links;
  #verdict;
  #cards;
  #waiting;
  #vitals;
  /** @type {Map<string, Late | null>} */
  #late = new Map();
  /** @type {Record<string, HTMLElement>} */
  #parts = {};
  /** @type {System | null} */
  #system = null;
  /** Monotonic ms at which it came. */
  #heardAt = 0;
  #failed = "";
  #askedAt = -Infinity;
  #gone = false;
  #turned = () => this.#enter();

  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.#app = app;
    this.#vitals = new VitalsReport(app);
    this.#verdict = verdictCard(app);
    this.#waiting = waitingCard(app, () => this.#show());
    this.#cards = { processes: processesCard(), machine: machineCard(), flow: flowCard(), stream: streamCard(), database: databaseCard(), pipelines: pipelinesCard(app) };
    const { processes, machine, flow, stream, database, pipelines } = this.#cards;
    const part = (/** @type {string} */ name, /** @type {HTMLElement[]} */ ...of) => (this.#parts[name] = h("section.system-part", { "data-part": name, "aria-label": PARTS.find(([one]) => one === name)?.[1] }, ...of));
    this.#room.append(part("", processes.el, machine.el), part("latency", flow.el, h("div.two", {}, stream.el, database.el)), part("pipelines", pipelines.el),
      part("history"), part("alerts", this.#waiting.el), part("models"), part("logs"));
    this.#links = PARTS.map(([name, word]) => ({ name, el: h("a", { href: app.router.href("system", name ? { show: name } : {}) }, h("span", {}, word)) }));
    root.append(h("div.system-view", {}, headOf(app, "System"), this.#verdict.el,
      h("nav.part.system-nav", { "aria-label": "Parts of the system" }, ...this.#links.map(({ el }) => el)), this.#room));
    this.#wide.addEventListener("change", this.#turned);
    void this.#waiting.again();
    void this.#ask();
  }

  /** @param {Set<string>} changed */
  update(changed) {
    if (changed.has("route")) this.#enter();
    const old = performance.now() - this.#askedAt;
    const restored = changed.has("connection") && !this.#app.connection.current.frozen;
    if (restored) this.#waiting.mend();
    if (!document.hidden && (old > this.#pauseMs() - NEARLY_MS || (restored && this.#failed && old > 1000))) void this.#ask();
    else if (changed.has("time") || changed.has("connection")) this.#show();
    for (const late of this.#late.values()) late?.update?.(changed);
  }

  stop() {
    this.#gone = true;
    this.#wide.removeEventListener("change", this.#turned);
    this.#vitals.stop();
    this.#waiting.stop();
    for (const late of this.#late.values()) late?.unmount?.();
  }

  #pauseMs() {
    const everyMs = (this.#system?.period_s ?? FIRST_MS / 1000) * 1000;
    return this.#app.live?.pace.rate === "live" ? everyMs : Math.max(everyMs, SELDOM_MS);
  }

  /** Show the part that the address names; on a desk all of them. */
  #enter() {
    if (this.#gone) return;
    const asked = this.#app.router.current.params.get("show") ?? "";
    const shown = PARTS.some(([name]) => name === asked) ? asked : "";
    const wide = this.#wide.matches;
    for (const { name, el } of this.#links) {
      setAttr(el, "aria-current", name === shown ? "page" : null);
      if (name === shown) el.scrollIntoView({ block: "nearest", inline: "center" });
    }
    for (const [name, el] of Object.entries(this.#parts)) {
      el.hidden = !wide && name !== shown;
      if (!el.hidden && name in LATER && !this.#late.has(name)) void this.#fetch(name);
    }
    if (wide && asked) this.#parts[shown].scrollIntoView({ block: "start" });
  }

  /** @param {string} name */
  async #fetch(name) {
    this.#late.set(name, null);
    try {
      const late = await LATER[name](this.#app);
      if (this.#gone) return late.unmount?.();
      this.#late.set(name, late);
      this.#parts[name].append(late.el);
      late.update?.(new Set(["time", "connection", "theme"]));
    } catch (error) {
      this.#late.delete(name);
      console.warn(`The part ${name} of the system did not load: ${error}`);
      const again = h("button.btn.quiet", { type: "button", onclick: () => { box.remove(); void this.#fetch(name); } }, "Try again");
      const box = h("div.empty.card", { role: "alert" }, h("b", {}, "This part did not load"), h("p", {}, "The connection broke on the way. Nothing else is affected."), again);
      this.#parts[name].append(box);
    }
    return undefined;
  }

  /** Ask how everything is, which no stream tells all the time. */
  async #ask() {
    if (!this.#app.role) return;
    this.#askedAt = performance.now();
    try {
      const system = await this.#app.api.get("api/system");
      if (this.#gone) return;
      this.#system = system;
      this.#heardAt = performance.now();
      this.#failed = "";
      void this.#vitals.send();
    } catch (error) {
      if (this.#gone) return;
      // What broke off while it was read is told in no words of ours.
      this.#failed = error instanceof ApiError ? detailOf(error) : "The answer did not come whole.";
    }
    this.#show();
  }

  /** Show what is known, with what it comes to. */
  #show() {
    const system = this.#system;
    const { frozen, word } = this.#app.connection.current;
    const around = { failed: this.#failed, open: this.#waiting.open, frozen: frozen && this.#failed ? `This page is cut off: ${word.toLowerCase()}` : "" };
    // Ages go on while nothing comes.
    const since = system ? performance.now() - this.#heardAt : 0;
    this.#verdict.show(verdictOf(system, around), system, since);
    if (!system) return;
    for (const card of Object.values(this.#cards)) card.show(system, system.at + (system.stale ? system.age_ms : 0) + since);
  }
}
