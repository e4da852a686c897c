/** The page as Telegram's guest: let in by it, in its colours, with its buttons and windows. */

import { lead, wordIn } from "../places.js";
import { putAway } from "../presence.js";
import { lateStyle } from "../styles.js";
import { askNatively } from "./ask.js";
import { BackPath } from "./back.js";
import { Colours } from "./colours.js";
import { readLaunch } from "./launch.js";
import { Native } from "./native.js";
import { loadScript } from "./script.js";
import { SignIn } from "./sign_in.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {(app: App, command: string, args: Record<string, any>, about?: {subject?: string}) => Promise<void>} Ask */

/** Who is not let in is looked for again: the owner may be pressing Approve just now. */
const AGAIN_MS = 5000;
const HOPELESS = ["bad_init_data", "left", ""];
const CHOICES = ".nav a, .segs button, .chips button, [role=tab], select";

export class Guest {
  launch = readLaunch();
  /** What the client can do, once its script is here. @type {Native | null} */
  native = null;
  #app;
  #door;
  #colours;
  #back = new BackPath();
  #again = 0;
  #isAsking = false;

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
    this.#colours = new Colours(app.theme);
    this.#door = new SignIn(app.api, this.launch.initData);
    app.session.door = this.launch.initData ? this.#door : null;
    app.api.deliver = (path, params, name) => this.#deliver(path, params, name);
  }

  /** Begin: colours and who we are come from the address, so neither waits for Telegram's script. */
  async begin() {
    const { router, session } = this.#app;
    document.documentElement.dataset.telegram = this.launch.platform;
    void lateStyle(this.#app.boot.static, "telegram");
    this.#colours.take(this.launch.theme);
    router.tail = location.hash.replace(/\bcode=[^&]*&?/, "");
    const word = this.launch.startParam || wordIn(location);
    if (word) lead(this.#app, word);
    void loadScript().then((web) => { if (web) this.#use(new Native(web)); });
    document.addEventListener("click", (event) => this.#click(event), true);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#return(); });
    if (session.door) await session.enter(Boolean(session.role));
    else await session.begin();
    if (!session.door && !session.role) session.shut("bad_init_data");
  }

  /** Something may have changed. @param {Set<string>} changed */
  update(changed) {
    if (changed.has("theme")) this.#dress();
    if (changed.has("route")) this.#back.note(this.#app.router.current);
    if (changed.has("route") || changed.has("role")) this.#showBack();
    if (changed.has("role")) this.#plan();
  }

  /**
   * Ask a wish in the client's window where there is one, else in the page's sheet.
   * @param {Ask} sheet
   * @param {Parameters<Ask>} wish
   */
  async ask(sheet, ...wish) {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.native?.feel("press");
    this.native?.holdOpen(true);
    try {
      if (!this.native?.can("6.2") || !await this.#askNatively(this.native, ...wish)) await sheet(...wish);
    } finally {
      this.#isAsking = false;
      this.native?.holdOpen(false);
    }
  }

  /** @param {Native} native @param {Parameters<Ask>} wish @returns {Promise<boolean>} whether that was possible */
  async #askNatively(native, ...[app, command, args, about]) {
    const { dataset } = document.documentElement;
    dataset.asking = "";
    try {
      return await askNatively(app, native, command, args, about?.subject ?? "");
    } finally {
      delete dataset.asking;
    }
  }

  /**
   * Let the person send a place of the page to a chat; whoever opens it must be let in.
   * @param {string} text
   * @param {string} word of the place; see places.js
   */
  share(text, word) {
    const url = new URL(this.#app.router.href("overview", { to: word }), location.href).href;
    this.native?.openTelegram(`https://t.me/share/url?url=${encodeURIComponent(url)}&text=${encodeURIComponent(text)}`);
  }

  /** Look again whether we are let in. */
  retry() {
    return this.#app.session.enter(true);
  }

  /** @param {Native} native */
  #use(native) {
    this.native = native;
    if (Object.keys(native.theme).length) this.#colours.take(native.theme);
    native.on("themeChanged", () => this.#colours.take(native.theme));
    native.on("viewportChanged", () => this.#fit());
    native.on("activated", () => this.#return());
    native.on("deactivated", () => putAway(true));
    native.onBack(() => this.#goBack());
    native.onSettings(() => this.#app.router.go("more"));
    document.addEventListener("sheet", () => this.#showBack());
    native.ready();
    this.#dress();
    this.#fit();
    this.#showBack();
    this.#app.changed(["guest"]);
  }

  #dress() {
    this.#colours.show();
    this.native?.paint(this.#colours.ground());
  }

  /** What is pinned to the bottom must be seen before the page is expanded, too. */
  #fit() {
    document.documentElement.style.setProperty("--below", `${this.native?.hiddenBelow ?? 0}px`);
  }

  #showBack() {
    this.native?.showBack(Boolean(openSheet() ?? (this.#app.role && this.#back.target)));
  }

  #goBack() {
    const sheet = openSheet();
    const target = this.#back.target;
    if (sheet) sheet.close();
    else if (target) this.#app.router.go(target.view, target.params);
  }

  /** Who is in renews in time; who is not looks again. */
  #plan() {
    const { session } = this.#app;
    clearTimeout(this.#again);
    if (session.role) this.#door.schedule(session.me?.expires_at, () => void session.enter(true));
    else if (this.#waits && !document.hidden) this.#again = setTimeout(() => void this.retry(), AGAIN_MS);
  }

  /** The page is looked at again. */
  #return() {
    putAway(false);
    if (this.#waits) void this.retry();
  }

  /** Whether somebody may let us in yet. */
  get #waits() {
    const { session } = this.#app;
    return !session.role && !session.busy && session.door !== null && !HOPELESS.includes(session.reason);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = /** @type {Element} */ (event.target);
    if (target.closest?.(CHOICES)) this.native?.feel("choose");
    const link = target.closest?.("a[target=_blank]");
    if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin) return;
    event.preventDefault();
    const path = link.pathname.slice(this.#app.boot.base.length);
    void this.#deliver(path, Object.fromEntries(new URLSearchParams(link.search)), "").catch((error) =>
      this.#app.toast({ tone: "bad", title: "That could not be opened", detail: error.detail ?? String(error) }));
  }

  /**
   * Hand a file to the client, which has none of our credentials: by a link that is good once.
   * @param {string} path
   * @param {Record<string, any>} params
   * @param {string} name of the file; "" to look at it
   */
  async #deliver(path, params, name) {
    const { api } = this.#app;
    const { path: ticket } = await api.post("api/downloads", { path: api.url(path, params).slice(this.#app.boot.base.length) });
    const url = new URL(api.url(ticket), location.href).href;
    if (!this.native) window.open(url, "_blank", "noopener");
    else if (name) this.native.save(url, name);
    else this.native.open(url);
  }
}

/** @returns {HTMLDialogElement | null} */
const openSheet = () => document.querySelector("dialog[open]");
