/** Open positions as a table, for large screens. */

import { h, setAttr, setText } from "../dom.js";
import { setTone, showChange, showFigure } from "../figure.js";
import { UNKNOWN, baseOf, capital, change, leverage, money, percent, percentChange, price, quantity, toneOf } from "../format.js";
import { span } from "../time.js";
import { createRail } from "./rail.js";
import { pair, tableOf } from "./table.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {{position: Record<string, any>, stats: Record<string, any> | undefined}} Item */

/** Distance to liquidation, percent: worth a look, about to happen. */
const [NEAR, DANGER] = [10, 5];

/** @param {App} app @param {(symbol: string) => void} choose @returns {import("./table.js").Table} */
export function positionTable(app, choose) {
  return tableOf("Positions", ["Position", "Size", ["Entry", "Mark"], "Stop to target", "Liquidation", ["P&L", "ROE"], ""],
    (state) => Object.values(state.positions).sort((a, b) => a.opened_at - b.opened_at).map((position) => ({ position, stats: state.stats[position.symbol] })),
    { key: (/** @type {Item} */ item) => item.position.id, create: (item) => row(item.position, app, choose) });
}

/** @param {Record<string, any>} first @param {App} app @param {(symbol: string) => void} choose */
function row(first, app, choose) {
  const { id, symbol, side } = first;
  const cells = build(first, choose);
  const close = /** @type {HTMLButtonElement} */ (h("button.btn.quiet", {
    type: "button", "aria-label": `Close ${symbol} ${side}`,
    onclick: () => void app.commands.ask("close_position", { position_id: id }, { subject: `${baseOf(symbol)} ${side}` }),
  }, "Close"));
  const el = h("tr", { "data-position": id }, cells.name, pair(cells.size, cells.notional), pair(cells.entry, cells.mark), h("td", {}, cells.rail.el),
    pair(cells.liquidation, cells.distance), pair(cells.profit, cells.roe), h("td", {}, close));
  return {
    el,
    /** @param {Item} item */
    update({ position, stats }) {
      setText(cells.tag, `${capital(position.side)} ${leverage(position.leverage)}`);
      setText(cells.about, `${position.strategy}, ${span(app.clock.ageMs(position.opened_at))}`);
      setText(cells.size, quantity(position.qty, symbol, stats));
      setText(cells.notional, money(position.notional, 0));
      setText(cells.entry, price(position.entry_price, stats));
      showFigure(cells.mark, position.mark_price, price(position.mark_price, stats));
      cells.rail.update(position);
      showLiquidation(cells, position, stats);
      showChange(cells.profit, position.unrealized_pnl, change(position.unrealized_pnl));
      setText(cells.roe, percentChange(position.roe_pct));
      setTone(cells.roe, toneOf(position.unrealized_pnl));
      close.disabled = !app.connection.current.canAct;
      close.hidden = !app.session.mayTrade;
    },
  };
}

/** @param {Record<string, any>} position @param {(symbol: string) => void} choose */
function build({ symbol }, choose) {
  const live = (/** @type {string} */ tag = "span.live") => h(tag);
  const tag = h("span.tag");
  const about = h("small");
  const name = h("th", { scope: "row" }, h("button.name", { type: "button", title: `Show the candles of ${symbol}`, onclick: () => choose(symbol) }, symbol), " ", tag, about);
  return { name, tag, about, size: live(), notional: live(), entry: live(), mark: live(), rail: createRail(), liquidation: live(), distance: live(), profit: live("span.live.num"), roe: live() };
}

/** @param {ReturnType<typeof build>} cells @param {Record<string, any>} position @param {any} stats */
function showLiquidation(cells, { liquidation_price, liquidation_distance_pct: distance }, stats) {
  setText(cells.liquidation, liquidation_price === null ? "none" : price(liquidation_price, stats));
  setText(cells.distance, distance === null ? UNKNOWN : `${percent(distance)} away`);
  const level = distance === null ? "" : distance < DANGER ? " danger" : distance < NEAR ? " near" : "";
  setAttr(cells.distance, "class", `live${level}`);
}
