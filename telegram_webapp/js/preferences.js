/** A person's wishes while the page lives: changed here, kept by the server, followed from elsewhere. */

import { USUAL, furnish, know, show, understood, wished } from "./display.js";
import { CARDS } from "./layout.js";
import { recall, remember } from "./memory.js";

/** @typedef {import("./main.js").App} App */
/** @typedef {import("./display.js").Wishes} Wishes */
/** @typedef {import("./layout.js").Layout} Layout */

const PATH = "api/preferences";
const KEPT = "display";
const GATHER_MS = 500;
const RETRY_MS = 15_000;
const OLD_AFTER_MS = 60_000;
/** Views that write themselves anew when a wish changes, so that nothing leaves the hand. */
const CALM = "display";
const FIELDS = /** @type {(keyof Wishes)[]} */ (Object.keys(USUAL));

export class Preferences {
  #app;
  /** What the server has not been told yet. @type {Partial<Wishes>} */
  #untold = {};
  #timer = 0;
  #askedAt;
  #asking = false;
  /** As whom we know them. @type {string | null} */
  #whose;
  /** Why the server does not keep them, in words; empty while it does. */
  problem = "";

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
    this.#askedAt = app.boot.preferences ? performance.now() : -Infinity;
    this.#whose = app.boot.preferences && app.boot.role;
    this.#untold = untoldOf(recall(KEPT));
    if (app.boot.preferences) this.#follow(app.boot.preferences);
    app.furnish = (view, root) => this.#furnish(view, root);
    app.store.subscribe((state, changed) => { if ([...changed].includes("account")) know(state); });
    addEventListener("storage", (event) => { if (event.key?.endsWith(`.${KEPT}`) && event.newValue) this.#follow(understood(event.newValue), false); });
    document.addEventListener("visibilitychange", () => void this.look());
    addEventListener("online", () => void this.#tell());
    know(app.store.state);
    const main = document.getElementById("main");
    if (main?.dataset.view && main.childElementCount) this.#furnish(main.dataset.view, main);
    if (Object.keys(this.#untold).length) void this.#tell();
  }

  /** What holds. @returns {Wishes} */
  get current() {
    return wished();
  }

  /** Wish something: it holds at once, everywhere. @param {Partial<Wishes>} part */
  change(part) {
    this.#untold = { ...this.#untold, ...part };
    this.#take({ ...wished(), ...part });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#tell(), GATHER_MS);
  }

  /** Wish for another order of cards, null for the usual one. @param {string} view @param {Layout | null} layout */
  arrange(view, layout) {
    const layouts = { ...wished().layouts };
    if (layout) layouts[view] = layout;
    else delete layouts[view];
    this.#untold = { ...this.#untold, layouts: { ...this.#untold.layouts, [view]: layout ?? {} } };
    this.#take({ ...wished(), layouts }, true);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#tell(), GATHER_MS);
  }

  /** Ask what was wished on another device, when it was long ago that we did. */
  async look() {
    if (document.hidden || this.#asking || !this.#app.role || performance.now() - this.#askedAt < OLD_AFTER_MS) return;
    this.#asking = true;
    this.#askedAt = performance.now();
    try {
      this.#follow(pruned(await this.#app.api.get(PATH)));
    } catch {
      // What holds goes on to hold.
    }
    this.#asking = false;
  }

  /** Somebody else may be in now, whose wishes are others. */
  enter() {
    if (this.#app.role === this.#whose) return;
    this.#whose = this.#app.role;
    this.#askedAt = -Infinity;
    void this.look();
  }

  /** @param {Partial<Wishes>} told by the server, or another tab @param {boolean} [keep] */
  #follow(told, keep = true) {
    const layouts = { ...told.layouts, ...this.#untold.layouts };
    const next = { ...USUAL, ...told, ...this.#untold, layouts };
    if (JSON.stringify(ordered(next)) === JSON.stringify(ordered(wished()))) return;
    this.#take(next, false, keep);
  }

  /**
   * Let wishes hold.
   * @param {Wishes} next
   * @param {boolean} [inPlace] only the order of cards is another
   * @param {boolean} [keep] in this browser too
   */
  #take(next, inPlace = false, keep = true) {
    show(next, this.#app.boot.static);
    if (keep) this.#keep();
    const main = /** @type {HTMLElement} */ (document.getElementById("main"));
    const view = main.dataset.view ?? "";
    if (inPlace) furnish(view, main);
    else if (view !== CALM) this.#app.redraw();
    this.#app.changed([...this.#app.store.sections, "connection", "time", "theme", "role", "wishes"]);
  }

  #keep() {
    remember(KEPT, JSON.stringify({ wishes: pruned(wished()), untold: this.#untold }));
  }

  /** Let the server keep what it does not know; what it does not take is tried again. */
  async #tell() {
    clearTimeout(this.#timer);
    const told = this.#untold;
    if (!Object.keys(told).length || !this.#app.role) return;
    this.#untold = {};
    try {
      await this.#app.api.put(PATH, told);
      this.problem = "";
    } catch (error) {
      const { status, detail } = /** @type {any} */ (error);
      this.problem = `Kept in this browser only. ${detail ?? ""}`;
      // What it refuses would be refused again; anything else may pass.
      if (status !== 400) {
        this.#untold = { ...told, ...this.#untold, layouts: { ...told.layouts, ...this.#untold.layouts } };
        this.#timer = setTimeout(() => void this.#tell(), RETRY_MS);
      }
    }
    this.#keep();
    this.#app.changed(["wishes"]);
  }

  /** @param {string} view @param {HTMLElement} root */
  #furnish(view, root) {
    furnish(view, root);
    if (!(view in CARDS) || root.querySelector(".customise")) return;
    void import("./views/customise.js").then(({ offer }) => {
      if (root.dataset.view === view && !root.querySelector(".customise")) offer(this.#app, view, root);
    });
  }
}

/** What differs from how it comes. @param {Partial<Wishes>} all @returns {Partial<Wishes>} */
function pruned(all) {
  const kept = FIELDS.filter((name) => name in all && JSON.stringify(all[name]) !== JSON.stringify(USUAL[name]));
  return Object.fromEntries(kept.map((name) => [name, all[name]]));
}

/** @param {Wishes} all @returns {any[]} */
function ordered(all) {
  return FIELDS.map((name) => (name === "layouts" ? Object.entries(all.layouts).map(([view, { order = [], hidden = [], pinned = [] }]) => [view, order, hidden, pinned].join(" ")).sort() : all[name]));
}

/** @param {string | null} text @returns {Partial<Wishes>} */
function untoldOf(text) {
  try {
    return JSON.parse(text ?? "{}").untold ?? {};
  } catch {
    return {};
  }
}
