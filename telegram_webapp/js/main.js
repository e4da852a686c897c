/** The page's composition root: reads the boot data, joins the parts, draws. */

import { Api } from "./api.js";
import { readBoot } from "./boot.js";
import { UNCONNECTED, readConnection } from "./connection.js";
import { hasten, isInside } from "./inside.js";
import { insist } from "./insist.js";
import { recall } from "./memory.js";
import { Painter } from "./painter.js";
import { Router } from "./router.js";
import { Session } from "./session.js";
import { Store } from "./store.js";
import { Theme } from "./theme.js";
import { EngineClock } from "./time.js";
import { mount } from "./views/shell.js";

/** @typedef {Store["state"]} State */
/**
 * What every view is given.
 * @typedef {object} App
 * @property {import("./boot.js").Boot} boot
 * @property {Store} store
 * @property {Api} api
 * @property {Router} router
 * @property {EngineClock} clock
 * @property {Theme} theme
 * @property {Session} session
 * @property {{ask: (command: string, args: Record<string, any>, about?: {subject?: string}) => Promise<void>}} commands
 * @property {import("./vitals.js").Vitals | null} vitals once its module is here
 * @property {import("./preferences.js").Preferences | null} preferences once its module is here
 * @property {import("./live.js").Live | null} live the way to the server, once its modules are here
 * @property {{current: import("./connection.js").Connection}} connection
 * @property {string | null} role
 * @property {boolean} isGuest whether Telegram shows the page
 * @property {import("./telegram/guest.js").Guest | null} guest once its modules are here
 * @property {(names: string[]) => void} changed say what to draw anew
 * @property {(view: string, root: HTMLElement) => void} furnish put the cards of a view in order
 * @property {((key: string) => boolean) | null} shortcuts keys of the view that is shown
 * @property {() => void} redraw show the view anew
 * @property {() => void} retry try to connect now
 * @property {(text: string) => void} announce say something to a screen reader
 * @property {(toast: import("./views/toast.js").Toast) => void} toast
 */
/** @typedef {{update: (state: State, changed: Set<string>) => void, unmount: () => void}} View */

/** Whether the address names a place; see places.js. */
const LINKED = /[?&](to|startapp)=/;

/** Begin, as this person wishes to see the page. */
async function start() {
  const boot = readBoot(document);
  // What the server does not say, as inside Telegram, this browser may remember.
  const wishes = boot.preferences ?? recall("display");
  const plain = !wishes || !Object.keys(wishes).length;
  const display = plain ? null : await import("./display.js").catch(() => null);
  display?.begin(wishes, boot);
  main(boot, display?.furnish);
}

/** Build the page. @param {import("./boot.js").Boot} boot @param {App["furnish"]} [furnish] */
function main(boot, furnish = () => {}) {
  const store = new Store(boot.fold);
  const clock = new EngineClock();
  const api = new Api(boot);
  const painter = new Painter(draw);
  api.alone = isInside();
  const session = new Session(api, boot.role, () => follow());
  const router = new Router(boot.base, () => painter.mark(["route"]));
  const theme = new Theme(() => painter.mark(["theme"]));
  /** Comes with the second wave. @type {import("./live.js").Live | null} */
  let live = null;
  let broken = false;
  const connection = { current: readConnection(facts()) };
  /** @type {App} */
  const app = {
    boot, store, api, router, clock, theme, session, connection, furnish,
    vitals: null,
    shortcuts: null,
    preferences: null,
    isGuest: api.alone,
    guest: null,
    changed: (names) => painter.mark(names),
    commands: { ask: async (command, args, about) => {
      const { ask } = await wave;
      return app.guest ? app.guest.ask(ask, app, command, args, about) : ask(app, command, args, about);
    } },
    get live() { return live; },
    get role() { return session.role; },
    redraw: () => shell.again(),
    retry: () => (live ? live.retryNow(true) : location.reload()),
    announce: (text) => shell.announce(text),
    toast: async (toast) => {
      app.guest?.native?.feel(toast.tone);
      (await wave).showToast(shell.toasts, toast);
    },
  };
  const shell = mount(/** @type {HTMLElement} */ (document.getElementById("app")), app);

  store.subscribe((_, sections) => painter.mark(sections));
  router.start();
  painter.start();
  if (boot.snapshot) store.apply("snapshot", boot.snapshot);
  if (boot.snapshot) clock.hear(boot.snapshot.at, true);
  painter.mark([...store.sections, "role", "route", "theme", "connection"]);
  painter.flush();
  const wave = afterFirstPaint(store.state !== null).then(() => insist(() => import("./second_wave.js"), breaks));
  void wave.then(goLive);
  void begin().then(follow);

  /** Sign in, and go where a link leads. */
  async function begin() {
    if (app.isGuest) {
      hasten(boot.static);
      const { Guest } = await insist(() => import("./telegram/guest.js"), breaks);
      app.guest = new Guest(app);
      return app.guest.begin();
    }
    if (LINKED.test(location.search)) void insist(() => import("./places.js")).then(({ lead, wordIn }) => lead(app, wordIn(location)));
    return session.begin();
  }

  /** The stream cannot even be asked for: as good as a lost one. @param {unknown} error */
  function breaks(error) {
    console.warn(`The rest of the page did not load: ${error}`);
    broken = true;
    painter.mark(["link"]);
  }

  /** @param {import("./second_wave.js")} modules */
  function goLive({ Live, Preferences, Vitals, listenKeys, notices }) {
    app.vitals = new Vitals(store, () => live?.opens ?? 0);
    live = new Live({
      api, store, clock, boot,
      onChange: () => painter.mark(["link"]),
      onDenied: () => session.denied(),
      onRole: (role) => session.heard(role),
    });
    app.preferences = new Preferences(app);
    listenKeys(app);
    if (!app.isGuest) notices(app);
    follow();
    // Only for "by you" in words; who we may be is in the role.
    if (session.role) session.who().then(() => painter.mark(["link"]), () => {});
  }

  /** Read the stream while somebody is signed in. */
  function follow() {
    if (session.role && !session.busy) live?.start();
    else live?.stop(Boolean(session.role));
    if (!session.role) store.clear();
    else app.preferences?.enter();
    painter.mark([...store.sections, "role"]);
  }

  /** @returns {import("./connection.js").Facts} */
  function facts() {
    const heard = live?.facts() ?? { ...UNCONNECTED, state: store.state, phaseMs: broken ? performance.now() : 0 };
    return { ...heard, me: session.me?.subject ?? "" };
  }

  /** @param {Set<string>} changed */
  function draw(changed) {
    const before = connection.current;
    const watching = store.state?.engine.broker === "watch";
    if (watching !== session.watching) changed.add("role");
    session.watching = watching;
    connection.current = readConnection(facts());
    if (isOther(before, connection.current)) changed.add("connection");
    app.guest?.update(changed);
    shell.update(store.state, changed);
  }
}

/**
 * Whether a view must look again, beyond words that tick.
 * @param {import("./connection.js").Connection} a
 * @param {import("./connection.js").Connection} b
 */
function isOther(a, b) {
  return a.name !== b.name || a.canAct !== b.canAct || a.canPause !== b.canPause || a.frozen !== b.frozen;
}

/**
 * Wait until the figures that are there have been painted; what comes next would delay them.
 * @param {boolean} some whether there are figures
 * @returns {Promise<void>}
 */
function afterFirstPaint(some) {
  if (!some || document.hidden) return Promise.resolve();
  return new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve, 0)); });
}

void start();
