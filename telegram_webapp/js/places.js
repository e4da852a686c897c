/** Deep links: one word names a place on the page. It only leads there, whoever wrote it. */

/** @typedef {import("./main.js").App} App */
/** @typedef {{view: string, params: Record<string, string>, position?: string}} Place */

const WORD = /^[A-Za-z0-9_-]{1,128}$/;
/** Where links carry their word: in the address, or behind its hash. */
const NAMES = ["to", "startapp", "tgWebAppStartParam"];

/** Words that name a view. @type {Record<string, string>} */
const VIEWS = {
  overview: "overview", positions: "overview", orders: "overview", account: "overview",
  market: "market", signals: "signals", performance: "performance", "ab-test": "ab-test", ab_test: "ab-test",
  trades: "trades", more: "more", alerts: "alerts", access: "access", users: "access", sessions: "access", keys: "access", exchange: "exchange", connection: "exchange", streams: "exchange", system: "system", settings: "more",
};
/** Words that name a thing, `<kind>_<id>`. @type {Record<string, (id: string) => Place>} */
const THINGS = {
  trade: (id) => ({ view: "trades", params: { trade: id } }),
  position: (id) => ({ view: "overview", params: {}, position: id }),
  symbol: (id) => ({ view: "market", params: { symbol: id } }),
  signals: (id) => ({ view: "signals", params: { symbol: id } }),
  trades: (id) => ({ view: "trades", params: { symbol: id } }),
};
const [LOOK_MS, PATIENCE_MS] = [100, 10_000];

/**
 * Where a word leads; to the overview if it means nothing.
 * @param {string} word
 * @returns {Place}
 */
export function placeOf(word) {
  const known = WORD.test(word) ? word : "";
  if (Object.hasOwn(VIEWS, known)) return { view: VIEWS[known], params: {} };
  const [, kind, id] = /^([a-z]+)_(.+)$/.exec(known) ?? ["", "", ""];
  return Object.hasOwn(THINGS, kind) ? THINGS[kind](id) : { view: "overview", params: {} };
}

/** The word in an address, or "". @param {URL | Location} address @returns {string} */
export function wordIn({ search, hash }) {
  const [query, behind] = [new URLSearchParams(search), new URLSearchParams(hash.slice(1))];
  const named = NAMES.map((name) => query.get(name) || behind.get(name)).find(Boolean);
  return named ?? behind.get("link") ?? "";
}

/**
 * Lead there, once: a reload shows what was shown.
 * @param {App} app
 * @param {string} word
 */
export function lead(app, word) {
  if (history.state?.led === word) return;
  history.replaceState({ ...history.state, led: word }, "");
  const { view, params, position } = placeOf(word);
  app.router.turn(view, params);
  if (position) void find(app, position);
}

/**
 * Go there as a step of the person's own.
 * @param {App} app
 * @param {string} word
 */
export function follow(app, word) {
  const { view, params, position } = placeOf(word);
  app.router.go(view, params);
  if (position) void find(app, position);
}

/**
 * Show a position; one that is closed has become a trade of the same name.
 * @param {App} app
 * @param {string} id
 */
async function find(app, id) {
  const shown = app.router.current;
  for (let waited = 0; waited < PATIENCE_MS && app.router.current === shown;) {
    const { state } = app.store;
    // Signing in may take as long as it takes.
    if (state) waited += LOOK_MS;
    if (state && !state.positions[id]) return app.router.turn("trades", { trade: id });
    const card = [...document.querySelectorAll("[data-position]")].find((el) => /** @type {HTMLElement} */ (el).dataset.position === id);
    if (card instanceof HTMLElement) return point(card);
    await new Promise((resolve) => { setTimeout(resolve, LOOK_MS); });
  }
  return undefined;
}

/** @param {HTMLElement} card */
function point(card) {
  card.tabIndex = -1;
  card.scrollIntoView({ block: "center" });
  card.focus({ preventScroll: true });
}
