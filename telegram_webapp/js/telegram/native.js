/**
 * What the client around the page can do, each asked of its version first: old ones throw or warn.
 *
 * Source: https://core.telegram.org/bots/webapps#initializing-mini-apps
 */

/** @typedef {import("./script.js").WebApp} WebApp */
/** @typedef {{title: string, message: string, act: string, keep: string}} Question */

/** The client refuses longer words with an error. */
export const LIMITS = { title: 64, message: 256, button: 64 };
/** @type {Record<string, (haptic: any) => void>} */
const FEELINGS = {
  ok: (haptic) => haptic.notificationOccurred("success"),
  bad: (haptic) => haptic.notificationOccurred("error"),
  warn: (haptic) => haptic.notificationOccurred("warning"),
  press: (haptic) => haptic.impactOccurred("light"),
  choose: (haptic) => haptic.selectionChanged(),
};

export class Native {
  #web;
  #isAsking = false;

  /** @param {WebApp} web */
  constructor(web) {
    this.#web = web;
  }

  /** The client's theme now. @returns {Record<string, string>} */
  get theme() {
    return this.#web.themeParams ?? {};
  }

  /** How much of the page's height the client hides below. @returns {number} px */
  get hiddenBelow() {
    if (this.#web.isExpanded) return 0;
    return Math.max(0, innerHeight - (this.#web.viewportStableHeight || innerHeight));
  }

  /** @param {string} version @returns {boolean} */
  can(version) {
    return Boolean(this.#web.isVersionAtLeast?.(version));
  }

  /** The page is drawn: take the whole screen, and leave scrolling to it. */
  ready() {
    this.#web.ready();
    this.#web.expand();
    if (this.can("7.7")) this.#web.disableVerticalSwipes();
  }

  /** @param {string} event @param {(data: any) => void} act */
  on(event, act) {
    this.#web.onEvent(event, act);
  }

  /** Colour what the client draws around the page. @param {{bg: string, surface: string}} ground */
  paint({ bg, surface }) {
    if (!this.can("6.1")) return;
    this.#web.setHeaderColor(this.can("6.9") ? bg : "secondary_bg_color");
    this.#web.setBackgroundColor(bg);
    if (this.can("7.10")) this.#web.setBottomBarColor(surface);
  }

  /** @param {keyof typeof FEELINGS} what */
  feel(what) {
    if (this.can("6.1")) FEELINGS[what](this.#web.HapticFeedback);
  }

  /** Ask before the page is closed, while something is under way. @param {boolean} wanted */
  holdOpen(wanted) {
    if (!this.can("6.2")) return;
    if (wanted) this.#web.enableClosingConfirmation();
    else this.#web.disableClosingConfirmation();
  }

  /** @param {() => void} act */
  onBack(act) {
    if (this.can("6.1")) this.#web.BackButton.onClick(act);
  }

  /** @param {boolean} wanted */
  showBack(wanted) {
    if (!this.can("6.1")) return;
    if (wanted) this.#web.BackButton.show();
    else this.#web.BackButton.hide();
  }

  /** @param {() => void} act */
  onSettings(act) {
    if (!this.can("6.10")) return;
    this.#web.SettingsButton.onClick(act);
    this.#web.SettingsButton.show();
  }

  /** Whether a question can be asked in a window of the client's own. @param {Question} question */
  canAsk({ title, message, act, keep }) {
    const fits = title.length <= LIMITS.title && message.length <= LIMITS.message;
    return this.can("6.2") && fits && !this.#isAsking && [act, keep].every((word) => word && word.length <= LIMITS.button);
  }

  /**
   * Ask in a window of the client's own.
   * @param {Question} question one that it takes
   * @returns {Promise<boolean>} whether the act was pressed
   */
  ask({ title, message, act, keep }) {
    this.#isAsking = true;
    return new Promise((resolve) => {
      const buttons = [{ id: "act", type: "default", text: act }, { id: "keep", type: "default", text: keep }];
      this.#web.showPopup({ title, message, buttons }, (/** @type {string} */ pressed) => {
        this.#isAsking = false;
        resolve(pressed === "act");
      });
    });
  }

  /**
   * Have a file saved, or opened where a browser saves it.
   * @param {string} url absolute; good without any credential
   * @param {string} name
   */
  save(url, name) {
    if (this.can("8.0") && url.startsWith("https:")) this.#web.downloadFile({ url, file_name: name });
    else this.open(url);
  }

  /** Open an address outside of the page. @param {string} url absolute */
  open(url) {
    this.#web.openLink(url);
  }

  /** Open an address of t.me inside the client. @param {string} url */
  openTelegram(url) {
    this.#web.openTelegramLink(url);
  }

  /** Close the page. */
  close() {
    this.#web.close();
  }
}
