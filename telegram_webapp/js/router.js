/** Which view is shown: the path below the base, with history and plain links. */

/** Those with a place in the navigation, in its order. */
export const VIEWS = ["overview", "market", "signals", "performance", "more"];
/** Views that stand below another in the navigation. @type {Record<string, string>} */
export const BELOW = { "ab-test": "performance", trades: "performance", alerts: "more", access: "more", settings: "more", exchange: "more", system: "more", display: "more", enhanced: "overview" };
const ALL = [...VIEWS, ...Object.keys(BELOW)];

/** @typedef {{view: string, params: URLSearchParams}} Route */

export class Router {
  #base;
  #changed;

  /**
   * @param {string} base path the app lives under, "/" or "/sub/"
   * @param {() => void} changed called after the route did
   */
  constructor(base, changed) {
    this.#base = base;
    this.#changed = changed;
    /** What stands behind every address, as Telegram needs its own at a reload. */
    this.tail = "";
    /** @type {Route} */
    this.current = this.#read();
  }

  /** Follow the browser's buttons and clicks on links of this app. */
  start() {
    addEventListener("popstate", () => this.#enter());
    document.addEventListener("click", (event) => this.#click(event));
  }

  /**
   * The address of a view.
   * @param {string} view
   * @param {Record<string, string>} [params]
   * @returns {string}
   */
  href(view, params = {}) {
    const query = new URLSearchParams(params).toString();
    return this.#base + (view === "overview" ? "" : view) + (query ? `?${query}` : "");
  }

  /**
   * Go to a view.
   * @param {string} view
   * @param {Record<string, string>} [params]
   */
  go(view, params = {}) {
    history.pushState(history.state, "", this.href(view, params) + this.tail);
    this.#enter();
    scrollTo(0, 0);
  }

  /**
   * Go to a view in the place of the one that is shown: it was no step of the person's own.
   * @param {string} view
   * @param {Record<string, string>} [params]
   */
  turn(view, params = {}) {
    history.replaceState(history.state, "", this.href(view, params) + this.tail);
    this.#enter();
  }

  #enter() {
    this.current = this.#read();
    this.#changed();
  }

  /** @returns {Route} */
  #read() {
    const path = location.pathname.startsWith(this.#base) ? location.pathname.slice(this.#base.length) : "";
    const view = ALL.includes(path) ? path : "overview";
    return { view, params: new URLSearchParams(location.search) };
  }

  /** @param {MouseEvent} event */
  #click(event) {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = /** @type {Element} */ (event.target).closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hash || link.origin !== location.origin) return;
    const path = link.pathname.slice(this.#base.length);
    if (path !== "" && !ALL.includes(path)) return;
    event.preventDefault();
    this.go(path || "overview", Object.fromEntries(new URLSearchParams(link.search)));
  }
}
