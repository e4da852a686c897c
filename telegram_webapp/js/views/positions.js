/** What is at risk: every open position, how far it is from its ends, and the way out. */

import { h, keyedList, setAttr, setText } from "../dom.js";
import { baseOf, listed } from "../format.js";
import { icon } from "../icons.js";
import { span } from "../time.js";
import { positionCard } from "./position_card.js";
import { stopButton } from "./stop_button.js";

/** @typedef {import("../main.js").App} App */
const NAMED = 4;
/** Unless the settings say otherwise. */
const MOST = 50;
const WATCHED = ["positions", "orders", "outlook", "stats", "connection", "role", "time"];

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const count = h("span.count");
  const orders = h("a.link", { href: "#orders", hidden: true });
  const list = h("div.cards");
  const empty = emptyBox();
  const askAll = () => void app.commands.ask("close_all", {});
  const closeAll = h("button.btn.quiet.all", { type: "button", hidden: true, onclick: askAll }, "Close all positions");
  const stop = stopButton(app);
  let most = app.boot.trading?.max_positions ?? MOST;
  const rest = h("button.btn.quiet.all", { type: "button", hidden: true, onclick: () => { most = Infinity; app.changed(["positions"]); } });
  root.append(h("div.sec", {}, h("h2", {}, "Positions"), count, h("span.sp"), orders), list, rest, empty.el, h("div.all-acts", {}, closeAll, stop.el));
  list.append(skeleton(), skeleton());
  let waiting = true;
  const show = keyedList(list, { key: (item) => item.position.id, create: (item) => positionCard(item.position, app) });

  return {
    update(state, changed) {
      if (!state || !WATCHED.some((name) => changed.has(name))) return;
      if (waiting) list.replaceChildren();
      waiting = false;
      const positions = Object.values(state.positions).sort((a, b) => a.opened_at - b.opened_at);
      show(positions.slice(0, most).map((position) => ({ position, stats: state.stats[position.symbol] })));
      setText(count, String(positions.length));
      rest.hidden = positions.length <= most;
      setText(rest, `Show all ${positions.length}`);
      empty.el.hidden = positions.length > 0;
      if (!positions.length) empty.update(state, app);
      showOrders(orders, Object.keys(state.orders).length);
      stop.update();
      closeAll.hidden = positions.length < 2 || !app.session.mayTrade;
      /** @type {HTMLButtonElement} */ (closeAll).disabled = !app.connection.current.canAct;
    },
    unmount() {},
  };
}

/** @param {HTMLElement} link @param {number} count */
function showOrders(link, count) {
  link.hidden = count === 0;
  if (setText(link, `Orders ${count}`)) link.append(icon("chevron", true));
}

function emptyBox() {
  const text = h("p");
  const el = h("div.empty.card", { hidden: true }, h("span.ic", {}, icon("scale")), h("b", {}, "No open positions"), text);
  return {
    el,
    /** @param {import("../fold.js").State} state @param {App} app */
    update(state, app) { setText(text, watching(state, app)); },
  };
}

/** @param {import("../fold.js").State} state @param {App} app @returns {string} */
function watching(state, app) {
  const bases = Object.keys(state.prices).map((symbol) => baseOf(symbol, state.stats[symbol]));
  const names = bases.length > NAMED ? `${bases.length} markets` : listed(bases);
  const newest = Object.values(state.outlook).sort((a, b) => b.at - a.at)[0];
  if (!names) return "The engine will watch its markets as soon as prices come.";
  if (!newest) return `Watching ${names}. No signal yet.`;
  const what = `${newest.action} ${baseOf(newest.symbol)}, confidence ${newest.confidence.toFixed(2)}`;
  return `Watching ${names}. The last signal, ${span(app.clock.ageMs(newest.at))} ago: ${what}.`;
}

/** A card of the same height as a position's. @returns {HTMLElement} */
function skeleton() {
  const el = h("article.pos.card.waiting", {}, h("span.live"), h("span.live"), h("span.live"), h("span.live"));
  setAttr(el, "aria-hidden", "true");
  return el;
}
