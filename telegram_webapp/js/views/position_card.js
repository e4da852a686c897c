/** One open position: profit, size, the rail from stop to target, liquidation, Close. */

import { h, setAttr, setText } from "../dom.js";
import { setTone, showChange, showFigure } from "../figure.js";
import { UNKNOWN, baseOf, capital, change, leverage, percent, percentChange, price, quantity, toneOf } from "../format.js";
import { span } from "../time.js";
import { createRail } from "./rail.js";

/** @typedef {import("../main.js").App} App */

/** Distance to liquidation, percent: full meter, worth a look, about to happen. */
const [FAR, NEAR, DANGER] = [25, 10, 5];

/**
 * @param {Record<string, any>} first the position
 * @param {App} app
 */
export function positionCard(first, app) {
  const parts = build(first, app);
  return {
    el: parts.el,
    /** @param {{position: any, stats: any}} item */
    update({ position, stats }) {
      showHead(parts, position, app);
      setText(parts.size, quantity(position.qty, position.symbol, stats));
      setText(parts.entry, price(position.entry_price, stats));
      showFigure(parts.mark, position.mark_price, price(position.mark_price, stats));
      parts.rail.update(position);
      showEnd(parts.stop, "stop", position.stop_price, stats);
      showEnd(parts.target, "target", position.target_price, stats);
      showLiquidation(parts, position, stats);
      parts.close.disabled = !app.connection.current.canAct;
      parts.close.hidden = !app.session.mayTrade;
    },
  };
}

/** @param {Record<string, any>} position @param {App} app */
function build(position, app) {
  const { id, symbol, side } = position;
  const live = (/** @type {string} */ tag = "span.live") => h(tag);
  const rail = createRail();
  const parts = {
    profit: live("span.live.num"), strategy: h("span.who"), open: h("span.since"), roe: live("span.live"), tag: h("span.tag"),
    size: live("span.live"), entry: live(), mark: live(), stop: h("span"), target: h("span"),
    liqPrice: live("b.live"), distance: h("b.live"), meter: h("span.meter", {}, h("i")), rail,
    close: /** @type {HTMLButtonElement} */ (h("button.btn.quiet", {
      type: "button", "aria-label": `Close ${symbol} ${side}`,
      onclick: () => void app.commands.ask("close_position", { position_id: id }, { subject: `${baseOf(symbol)} ${side}` }),
    }, "Close")),
  };
  const leg = (/** @type {string} */ label, /** @type {HTMLElement} */ value) => h("div", {}, h("dt", {}, label), h("dd", {}, value));
  const quote = h("span.quote", {}, symbol.slice(baseOf(symbol).length));
  const name = h("span.name", { title: symbol }, baseOf(symbol), quote);
  const liquidation = h("span", {}, "Liq", h("span.lg", {}, "uidation"), " ", parts.liqPrice);
  const el = h("article.pos.card", { "aria-label": `${symbol} ${side}`, "data-position": id },
    h("div.row", {}, h("h3.sym", {}, name, parts.tag), h("span.pl", {}, parts.profit)),
    h("div.row", {}, h("span.cap.about", {}, parts.strategy, parts.open), h("span.roe", {}, parts.roe)),
    h("dl.legs", {}, leg("Size", parts.size), leg("Entry", parts.entry), leg("Mark", parts.mark)),
    rail.el,
    h("div.row.ends", {}, parts.stop, parts.target),
    h("div.liq", {}, h("div.l", {}, h("div.row", {}, liquidation, parts.distance), parts.meter), parts.close));
  return { ...parts, el };
}

/** @param {ReturnType<typeof build>} parts @param {any} position @param {App} app */
function showHead(parts, position, app) {
  const pnl = position.unrealized_pnl;
  setText(parts.tag, `${capital(position.side)} ${leverage(position.leverage)}`);
  showChange(parts.profit, pnl, change(pnl));
  setText(parts.strategy, position.strategy);
  setText(parts.open, `, open ${span(app.clock.ageMs(position.opened_at))}`);
  setText(parts.roe, `${percentChange(position.roe_pct)} ROE`);
  setTone(parts.roe, toneOf(pnl));
}

/** @param {HTMLElement} el @param {"stop" | "target"} name @param {number | null} level @param {any} stats */
function showEnd(el, name, level, stats) {
  const none = level === null || level === undefined;
  setAttr(el, "class", none && name === "stop" ? "warn" : "");
  const label = none ? `No ${name}` : capital(name);
  if (el.dataset.shown === `${label}${level}`) return;
  el.dataset.shown = `${label}${level}`;
  el.replaceChildren(label, ...(none ? [] : [h("b.live", {}, price(level, stats))]));
}

/** @param {ReturnType<typeof build>} parts @param {any} position @param {any} stats */
function showLiquidation(parts, position, stats) {
  const distance = position.liquidation_distance_pct;
  if (distance === null || position.liquidation_price === null) {
    setText(parts.liqPrice, "none");
    setText(parts.distance, UNKNOWN);
    setAttr(parts.meter, "class", "meter");
    bar(parts.meter, 1);
    return;
  }
  const level = distance < DANGER ? "danger" : distance < NEAR ? "near" : "";
  setText(parts.liqPrice, price(position.liquidation_price, stats));
  setText(parts.distance, `${percent(distance)} away`);
  setAttr(parts.distance, "class", `live ${level}`.trim());
  setAttr(parts.meter, "class", `meter ${level}`.trim());
  bar(parts.meter, Math.min(1, distance / FAR));
}

/** @param {HTMLElement} meter @param {number} share */
function bar(meter, share) {
  /** @type {HTMLElement} */ (meter.firstElementChild).style.transform = `scaleX(${share.toFixed(3)})`;
}
