/** The newest closed trades of a scope; those that close now join at the top. */

import { h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { newestFirst, tradeRows } from "./trade_rows.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Trade */

const FEW = 10;

/**
 * @param {App} app
 * @param {() => Record<string, string>} scope
 */
export function recentTrades(app, scope) {
  const list = h("ul.feed.card");
  const all = h("a.link", {}, "All", icon("chevron", true));
  const none = h("p.card.note", { hidden: true });
  const el = h("div", {}, h("div.sec", {}, h("h2", {}, "Recent trades"), h("span.sp"), all), list, none);
  const show = tradeRows(list, app);
  /** @type {Trade[]} */
  let asked = [];
  let turn = 0;
  return { el, reload, update };

  async function reload() {
    turn += 1;
    const mine = turn;
    const { strategy, symbol, side, account } = scope();
    try {
      const page = await app.api.get("api/trades", { strategy, symbol, account, limit: side ? FEW * 4 : FEW });
      if (mine !== turn) return;
      asked = page.trades;
      draw();
    } catch (error) {
      if (mine === turn && !asked.length) setText(none, `The trades did not load. ${/** @type {any} */ (error).detail ?? ""}`);
    }
  }

  /** @param {NonNullable<App["store"]["state"]>} _ @param {Set<string>} changed */
  function update(_, changed) {
    if (["trades", "route", "time"].some((name) => changed.has(name))) draw();
  }

  function draw() {
    const { strategy, symbol, side, account } = scope();
    const live = account ? [] : app.store.state?.trades ?? [];
    const wanted = (/** @type {Trade} */ trade) => [["strategy", strategy], ["symbol", symbol], ["side", side]].every(([name, value]) => !value || trade[name] === value);
    const joined = new Map([...live, ...asked].filter(wanted).map((trade) => [trade.id, trade]));
    const trades = [...joined.values()].sort(newestFirst).slice(0, FEW);
    show(trades);
    all.setAttribute("href", app.router.href("trades", Object.fromEntries(Object.entries({ strategy, symbol, account }).filter(([, value]) => value))));
    list.hidden = !trades.length;
    none.hidden = trades.length > 0;
    if (!trades.length && !none.textContent) setText(none, "A trade appears here when its position is closed: by stop, target, signal or hand.");
  }
}
