/** The frame around every view: top bar, banner, navigation, outlet, toasts, what is announced. */

import { h, setText } from "../dom.js";
import { lateStyles } from "../styles.js";
import { mount as mountBanner } from "./banner.js";
import { mount as mountNav } from "./nav.js";
import * as overview from "./overview.js";
import { mount as mountTopbar } from "./topbar.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../main.js").View} View */

const WIDE = "(min-width: 1024px)";
const TITLES = { overview: "Overview", market: "Market", signals: "Signals", performance: "Performance", "ab-test": "A/B test", trades: "Trades", more: "More", alerts: "Alerts", access: "Access", exchange: "Exchange", display: "Display", enhanced: "Enhanced" };

/** Views that come when they are first asked for. @type {Record<string, () => Promise<any>>} */
const LATER = {
  desk: () => import("./desk.js"),
  market: () => import("./market.js"),
  signals: () => import("./signal_view.js"),
  performance: () => import("./performance.js"),
  "ab-test": () => import("./ab_test.js"),
  trades: () => import("./trades.js"),
  more: () => import("./more.js"),
  alerts: () => import("./alert_centre.js"),
  access: () => import("./access.js"),
  settings: () => import("./settings.js"),
  exchange: () => import("./exchange.js"),
  system: () => import("./system.js"),
  display: () => import("./display.js"),
  enhanced: () => import("./enhanced.js"),
  signin: () => import("./signin.js"),
  door: () => import("./door.js"),
};

/**
 * Build the frame.
 * @param {HTMLElement} root
 * @param {App} app
 */
export function mount(root, app) {
  const main = h("main", { id: "main", tabindex: "-1" });
  const spoken = h("div.vh", { "aria-live": "polite", role: "status" });
  const toasts = h("div.toasts", { "aria-live": "polite" });
  const bars = { top: h("header.topbar"), banner: h("div.banners"), nav: h("nav.nav", { "aria-label": "Views" }) };
  const skip = h("a.skip", { href: "#main" }, "Skip to the figures");
  root.replaceChildren(skip, bars.top, bars.nav, h("div.page", {}, bars.banner, main), toasts, spoken);
  const parts = [mountTopbar(bars.top, app), mountBanner(bars.banner, app), mountNav(bars.nav, app)];
  const wide = matchMedia(WIDE);
  const outlet = new Outlet(main, app, () => nameOf(app, wide.matches));
  wide.addEventListener("change", () => outlet.enter());

  return {
    /** @param {App["store"]["state"]} state @param {Set<string>} changed */
    update(state, changed) {
      root.classList.toggle("old", app.connection.current.frozen);
      root.classList.toggle("signed-out", app.session.isShut);
      for (const part of parts) part.update(state, changed);
      if (changed.has("connection")) setText(spoken, `${app.connection.current.word}. ${app.connection.current.banner?.title ?? ""}`);
      if (changed.has("route") || changed.has("role")) outlet.enter();
      outlet.update(state, changed);
    },
    toasts,
    again: () => outlet.again(),
    /** @param {string} text */
    announce: (text) => { setText(spoken, text); },
  };
}

/** @param {App} app @param {boolean} wide @returns {string} */
function nameOf(app, wide) {
  if (app.session.isShut) return app.isGuest ? "door" : "signin";
  const { view } = app.router.current;
  // Only the overview has nothing to ask before one is in.
  if (!app.role && (view !== "overview" || wide)) return "door";
  return view === "overview" && wide ? "desk" : view;
}

/** Holds one view at a time. */
class Outlet {
  #root;
  #app;
  #nameOf;
  #name = "";
  /** @type {View | null} */
  #view = null;

  /** @param {HTMLElement} root @param {App} app @param {() => string} name */
  constructor(root, app, name) {
    this.#root = root;
    this.#app = app;
    this.#nameOf = name;
  }

  /** Show it anew: what was written before may read otherwise now. */
  again() {
    this.#name = "";
    this.enter();
  }

  /** Show the view that the route asks for, unless it is there. */
  enter() {
    const name = this.#nameOf();
    if (name === this.#name) return;
    const first = this.#name === "";
    this.#name = name;
    this.#leave();
    this.#root.dataset.view = name;
    document.title = titleOf(name);
    if (name in LATER) void this.#load(name);
    else this.#show(overview);
    if (!first) this.#root.focus({ preventScroll: true });
  }

  /** @param {App["store"]["state"]} state @param {Set<string>} changed */
  update(state, changed) {
    this.#view?.update(state, changed);
  }

  /** @param {string} name */
  async #load(name) {
    try {
      const [module] = await Promise.all([LATER[name](), lateStyles(this.#app.boot.static, name)]);
      if (name === this.#name) this.#show(module);
    } catch (error) {
      if (name === this.#name) this.#fail(name, error);
    }
  }

  /** @param {{mount: (root: HTMLElement, app: App) => View}} module */
  #show(module) {
    this.#root.replaceChildren();
    this.#view = module.mount(this.#root, this.#app);
    const { store } = this.#app;
    this.#app.furnish(this.#name, this.#root);
    this.#view.update(store.state, new Set([...store.sections, "connection", "time", "theme", "route", "role"]));
  }

  /** @param {string} name @param {unknown} error */
  #fail(name, error) {
    const again = h("button.btn.quiet", { onclick: () => this.again() }, "Try again");
    this.#root.replaceChildren(h("div.wrap.gap", {}, h("div.empty.card", { role: "alert" },
      h("b", {}, `${titleOf(name).split(" ")[0]} did not load`),
      h("p", {}, "The connection broke on the way. Nothing else is affected."), again)));
    console.warn(`The view ${name} did not load: ${error}`);
  }

  #leave() {
    this.#view?.unmount();
    this.#view = null;
    this.#root.replaceChildren();
  }
}

/** @param {string} name @returns {string} */
function titleOf(name) {
  const title = /** @type {Record<string, string>} */ (TITLES)[name];
  return title && name !== "overview" ? `${title} · Quarterdeck` : "Quarterdeck";
}
