/** Everything else: theme, account, engine, connection, signals, alerts, who we are. */

import { h, setAttr, setText } from "../dom.js";
import { UNKNOWN, capital, change, counted, digits, money, percent } from "../format.js";
import { icon } from "../icons.js";
import { day, fullDay, hourMinute, span, zone } from "../time.js";
import { mount as mountAlerts } from "./alerts.js";
import { factCard } from "./fact_card.js";
import { mount as mountSignals } from "./signals.js";
import { rateCard } from "./rate_card.js";
import { strategiesCard } from "./strategy_cards.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("./fact_card.js").FactRow} FactRow */

const FEW_SIGNALS = 10;
const THEMES = /** @type {const} */ ([["auto", "System"], ["light", "Light"], ["dark", "Dark"]]);
const ROLES = /** @type {Record<string, string>} */ ({ viewer: "may read", trader: "may read and trade", owner: "may do everything" });
const VIA = /** @type {Record<string, string>} */ ({ code: "a one-time code", cookie: "a session of this browser", session: "a session of this browser", key: "an API key", api_key: "an API key", telegram: "Telegram" });

/** @type {FactRow[]} */
const ACCOUNT = [
  ["Started", ({ account }) => `${fullDay(account.started_at)}, ${hourMinute(account.started_at)} ${zone.name}`],
  ["Initial balance", ({ account }) => money(account.initial_balance)],
  ["Realized, net", ({ account }) => change(account.realized_pnl)],
  ["Fees paid", ({ account }) => money(account.fees)],
  ["Funding", ({ account }) => change(account.funding)],
  ["Largest drawdown", ({ account }) => percent(-Math.abs(account.max_drawdown_pct), 2)],
  ["Closed trades", ({ account }) => digits(account.closed_trades, 0)],
  ["Won, lost, even", ({ account }) => `${digits(account.wins, 0)}, ${digits(account.losses, 0)}, ${digits(account.breakevens, 0)}`],
  ["Available for margin", ({ account }) => money(account.available)],
];

/** @type {FactRow[]} */
const ENGINE = [
  ["Market", ({ engine }) => engine.badge || capital(engine.market)],
  ["Tape", ({ engine }) => engine.market_id],
  ["Speed", ({ engine }) => (engine.speed === null ? "flat out" : `${engine.speed}×`)],
  ["Status", ({ engine }) => capital(engine.status.replaceAll("_", " "))],
  ["Its clock", (_, app) => (app.clock.now() ? `${day(app.clock.now())}, ${hourMinute(app.clock.now())} ${zone.name}` : UNKNOWN)],
  ["Started", ({ engine }, app) => `${span(app.clock.ageMs(engine.started_at))} ago`],
  ["Stops are held by", ({ engine }) => `the ${engine.stops_held_by}`],
  ["Version", ({ engine }) => engine.version],
  ["Note", ({ engine }) => engine.note],
];

/** @type {FactRow[]} */
const CONNECTION = [
  ["State", (_, app) => app.connection.current.word],
  ["Engine to page, median", (state, app) => delay(state, app, 0.5)],
  ["Engine to page, 95th percentile", (state, app) => delay(state, app, 0.95)],
  ["Events received", (_, app) => digits(app.vitals?.received ?? 0, 0)],
  ["Events a second", (_, app) => digits(app.vitals?.rate() ?? 0, 1)],
  ["Reconnected", (_, app) => counted(app.vitals?.reconnects ?? 0, "time")],
  ["Last event", (_, app) => app.store.place],
];

/** @param {import("../fold.js").State} state @param {App} app @param {number} share */
function delay(state, app, share) {
  if (state.engine.speed !== 1) return `${UNKNOWN} (told at 1×)`;
  const ms = app.vitals?.delay(share) ?? null;
  return ms === null ? `${UNKNOWN} (clocks differ)` : `${Math.round(ms)} ms`;
}

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const [signals, alerts] = [h("section.part"), h("section.part")];
  const cards = [factCard("Account", ACCOUNT, app), factCard("Engine", ENGINE, app), factCard("Connection", CONNECTION, app)];
  const [theme, rate, you, strategies] = [themeCard(app), rateCard(app), youCard(app), strategiesCard(app)];
  const parts = [mountSignals(signals, app, { few: FEW_SIGNALS }), mountAlerts(alerts, app)];
  root.append(h("div.more-view", {},
    h("div.part.sec.more-head", {}, h("h1.title", {}, "More")),
    h("div.more-column", {}, h("div.part.stack", {}, theme.el, rate.el, waysCard(app), you.el, dataCard(app))),
    h("div.more-column", {}, h("div.part.stack", {}, ...cards.map(({ el }) => el))),
    h("div.more-column", {}, h("div.part", {}, strategies.el), signals, alerts)));

  return {
    update(state, changed) {
      theme.update();
      rate.update();
      if (changed.has("role")) you.ask();
      if (!state) return;
      if (["account", "engine", "time", "connection"].some((name) => changed.has(name))) for (const card of cards) card.update(state);
      if (changed.has("strategies")) strategies.update(state);
      for (const part of parts) part.update(state, changed);
    },
    unmount() {},
  };
}

/** @param {App} app */
function themeCard(app) {
  const buttons = THEMES.map(([choice, word]) => ({ choice, el: h("button", { type: "button", onclick: () => choose(choice) }, word) }));
  const el = h("section.card.panel", {}, h("h2", {}, "Theme"), h("div.segs", { role: "group", "aria-label": "Theme" }, ...buttons.map((button) => button.el)));
  const update = () => {
    setText(buttons[0].el, app.theme.outer ? "Telegram" : "System");
    for (const button of buttons) setAttr(button.el, "aria-pressed", String(button.choice === app.theme.choice));
  };
  update();
  return { el, update };

  /** @param {import("../theme.js").Choice} choice */
  function choose(choice) {
    app.theme.set(choice);
    update();
  }
}

/** Who we are and what we may do. @param {App} app */
function youCard(app) {
  const [who, role, how, ends] = [h("dd"), h("dd"), h("dd"), h("dd")];
  const out = /** @type {HTMLButtonElement} */ (h("button.btn.quiet", { type: "button", onclick: () => void leave() }, icon("exit", true), "Log out"));
  const row = (/** @type {string} */ label, /** @type {HTMLElement} */ value) => h("div", {}, h("dt", {}, label), value);
  const el = h("section.card.panel", {}, h("h2", {}, "You"), h("dl.kv", {}, row("Name", who), row("Role", role), row("Signed in by", how), row("Until", ends)), out);
  return { el, ask: () => void ask() };

  async function ask() {
    for (const cell of [who, role, how, ends]) if (!cell.textContent) setText(cell, UNKNOWN);
    try {
      const me = await app.session.who();
      setText(who, me.subject);
      setText(role, ROLES[me.role] ? `${capital(me.role)}, ${ROLES[me.role]}` : me.role);
      setText(how, VIA[me.via] ?? me.via);
      setText(ends, me.expires_at ? `${fullDay(me.expires_at)}, ${hourMinute(me.expires_at)} ${zone.name}` : "revoked");
    } catch {
      setText(role, capital(app.role ?? UNKNOWN));
    }
  }

  async function leave() {
    out.disabled = true;
    try {
      await app.session.leave();
    } catch (error) {
      out.disabled = false;
      app.toast({ tone: "bad", title: "You are still signed in", detail: /** @type {any} */ (error).detail ?? String(error) });
    }
  }
}

/** What stands below this view. @param {App} app */
function waysCard(app) {
  const way = (/** @type {string} */ view, /** @type {string} */ word, /** @type {string} */ text) =>
    h("li", {}, h("a", { href: app.router.href(view) }, h("b", {}, word), h("span.cap", {}, text), icon("chevron", true)));
  return h("section.card.panel", {}, h("h2", {}, "Settings"), h("ul.ways", {},
    way("display", "Display", "units, time zone, colours, cards"), way("system", "System", "processes, latency, pipelines, logs"), way("exchange", "Exchange", "streams, clock, account, symbols"), way("alerts", "Alerts", "what you are told, rules of your own"), way("access", "Access", "people, sessions, keys, audit"), way("settings", "All settings", "limits, alerts, history, pace")));
}

/** The same figures for programs. @param {App} app */
function dataCard(app) {
  const link = (/** @type {string} */ path, /** @type {string} */ word, /** @type {string} */ text) =>
    h("li", {}, h("a", { href: app.api.url(path), target: "_blank", rel: "noopener" }, h("b", {}, word), h("span.cap", {}, text), icon("chevron", true)));
  return h("section.card.panel", {}, h("h2", {}, "Data"), h("ul.ways", {},
    link("api/dashboard", "State as JSON", "everything this page shows"),
    link("api/schema", "Its schema", "every field and its meaning"),
    link("api/trades?format=csv", "Trades as CSV", "every closed trade"),
    link("api/health", "Health", "whether engine and page are up")));
}
