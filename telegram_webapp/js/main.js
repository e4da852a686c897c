/** The page's composition root: reads the boot data, joins the parts, draws. */

import { Api } from "./api.js";
import { readBoot } from "./boot.js";
import { Commands } from "./commands.js";
import { readConnection } from "./connection.js";
import { listenKeys } from "./keys.js";
import { Live } from "./live.js";
import { Painter } from "./painter.js";
import { Router } from "./router.js";
import { Session } from "./session.js";
import { Store } from "./store.js";
import { Theme } from "./theme.js";
import { EngineClock } from "./time.js";
import { Vitals } from "./vitals.js";
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
 * @property {Commands} commands
 * @property {Vitals} vitals
 * @property {{current: import("./connection.js").Connection}} connection
 * @property {string | null} role
 * @property {() => void} retry try to connect now
 * @property {(text: string) => void} announce say something to a screen reader
 * @property {(toast: import("./views/toast.js").Toast) => void} toast
 */
/** @typedef {{update: (state: State, changed: Set<string>) => void, unmount: () => void}} View */

/** Build the page. */
function main() {
  const boot = readBoot(document);
  const store = new Store(boot.fold);
  const clock = new EngineClock();
  const api = new Api(boot);
  const painter = new Painter(draw);
  const session = new Session(api, boot.role, () => follow());
  const router = new Router(boot.base, () => painter.mark(["route"]));
  const theme = new Theme(() => painter.mark(["theme"]));
  const live = new Live({
    api, store, clock,
    onChange: () => painter.mark(["link"]),
    onDenied: () => session.denied(),
    onRole: (role) => session.heard(role),
  });
  const vitals = new Vitals(store, () => live.opens);
  const connection = { current: readConnection(live.facts()) };
  /** @type {App} */
  const app = {
    boot, store, api, router, clock, theme, session, connection, vitals,
    commands: new Commands(() => app),
    get role() { return session.role; },
    retry: () => live.retryNow(),
    announce: (text) => shell.announce(text),
    toast: (toast) => shell.toast(toast),
  };
  const shell = mount(/** @type {HTMLElement} */ (document.getElementById("app")), app);

  store.subscribe((_, sections) => painter.mark(sections));
  router.start();
  listenKeys(app);
  painter.start();
  if (boot.snapshot) store.apply("snapshot", boot.snapshot);
  if (boot.snapshot) clock.hear(boot.snapshot.at, true);
  painter.mark([...store.sections, "role", "route", "theme", "connection"]);
  painter.flush();
  void session.begin().then(follow);

  /** Read the stream while somebody is signed in. */
  function follow() {
    if (session.role && !session.busy) live.start();
    else live.stop();
    if (!session.role) store.clear();
    painter.mark([...store.sections, "role"]);
  }

  /** @param {Set<string>} changed */
  function draw(changed) {
    const before = connection.current;
    connection.current = readConnection(live.facts());
    if (isOther(before, connection.current)) changed.add("connection");
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

main();
