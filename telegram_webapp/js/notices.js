/** Notifications of the browser, for those without Telegram: the alerts that one wishes to hear. */

import { lens } from "./dom.js";
import { recall, remember } from "./memory.js";
import { follow } from "./places.js";
import { keepAwake } from "./presence.js";

/** @typedef {import("./main.js").App} App */

const KEPT = "notices";
/** However much happens, the server is not asked more often. */
const [PAUSE_MS, RETRY_MS, SHOWN] = [1000, 10_000, 20];
/** So long no other tab tells what this one told. */
const HELD_MS = 60_000;
const WORDS = {
  denied: "This browser refuses them: allow them in its settings for this page.",
  unable: "This browser shows notifications of installed apps only.",
};

/** @type {Notices | null} */
let only = null;

/** The page's own. @param {App} app @returns {Notices} */
export function notices(app) {
  only ??= new Notices(app);
  return only;
}

class Notices {
  #app;
  #timer = 0;
  /** The newest alert that was there before. @type {number | null} */
  #seen = null;
  /** Why they do not come though one wished so, in words. */
  problem = "";

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
    app.store.subscribe((_, sections) => { if ([...sections].includes("activity") && this.on) this.#soon(PAUSE_MS); });
    if (this.on) this.#wake();
  }

  /** Whether this browser has them at all; it has, and has locks, where the page came by https or from this machine. */
  get possible() {
    return "Notification" in window && "locks" in navigator;
  }

  /** Whether they come. */
  get on() {
    return recall(KEPT) === "on" && this.possible && Notification.permission === "granted";
  }

  /** Switch them on, which asks the person, or off. */
  async toggle() {
    if (this.on) {
      remember(KEPT, "off");
      this.#seen = null;
      keepAwake(false);
      return;
    }
    const allowed = await Notification.requestPermission() === "granted";
    this.problem = allowed ? canShow() ? "" : WORDS.unable : WORDS.denied;
    if (this.problem) return;
    remember(KEPT, "on");
    this.#wake();
  }

  #wake() {
    keepAwake(true);
    this.#soon(0);
  }

  /** @param {number} ms */
  #soon(ms) {
    this.#timer ||= setTimeout(() => { this.#timer = 0; void this.#look(); }, ms);
  }

  async #look() {
    const { api, role } = this.#app;
    if (!role || !this.on) return;
    try {
      const [wishes, { alerts }] = await Promise.all([api.get("api/alerts/settings"), api.get("api/alerts", { limit: SHOWN })]);
      this.#tell([...alerts].reverse(), wishes);
    } catch {
      this.#soon(RETRY_MS);
    }
  }

  /** @param {Record<string, any>[]} alerts oldest first @param {Record<string, any>} wishes */
  #tell(alerts, wishes) {
    const before = this.#seen;
    this.#seen = Math.max(before ?? 0, ...alerts.map(({ id }) => id));
    if (before === null) return;
    const isMuted = Date.now() < (wishes.muted_until ?? 0);
    const isHeld = isMuted || Date.now() < (wishes.held_until ?? 0);
    for (const alert of alerts) {
      const mode = wishes.modes[alert.type] ?? "on";
      if (alert.id > before && mode !== "off" && (!isHeld || alert.level === "error")) this.#once(alert, isMuted || mode === "silent");
    }
  }

  /** Of the tabs that are open the first one tells. @param {Record<string, any>} alert @param {boolean} silent */
  #once(alert, silent) {
    const tag = `quarterdeck${this.#app.boot.base}${alert.fact_id}-${alert.id}`;
    void navigator.locks.request(tag, { ifAvailable: true }, (lock) => {
      if (!lock) return undefined;
      this.#show(alert, tag, silent);
      return new Promise((resolve) => { setTimeout(resolve, HELD_MS); });
    });
  }

  /** @param {Record<string, any>} alert @param {string} tag @param {boolean} silent */
  #show(alert, tag, silent) {
    const badge = this.#app.store.state?.engine.badge ?? "";
    const note = new Notification(lens.read(alert.title), { body: lens.read([alert.detail, badge].filter(Boolean).join("\n")), tag, silent });
    note.onclick = () => {
      window.focus();
      if (alert.link) follow(this.#app, alert.link);
      note.close();
    };
  }
}

/** Try it: phones have the name alone, and throw. @returns {boolean} */
function canShow() {
  try {
    new Notification("Quarterdeck tells you here", { tag: "quarterdeck", silent: true });
    return true;
  } catch {
    return false;
  }
}
