/** The dense view for a large screen, and for a screen on a wall: everything at once, all of it live. */

import { h, setAttr } from "../dom.js";
import { startWall, turnsEvery } from "../wall.js";
import { mount as mountActivity } from "./activity.js";
import { mount as mountAlerts } from "./alerts.js";
import { mount as mountAnomalies } from "./anomaly_feed.js";
import { chartGrid } from "./chart_grid.js";
import { depthLadder } from "./depth_ladder.js";
import { mount as mountComparison } from "./desk_ab.js";
import { mount as mountFoot } from "./desk_foot.js";
import { mount as mountLists } from "./desk_lists.js";
import { mount as mountFigures } from "./figures.js";
import { mount as mountHero } from "./hero.js";
import { mount as mountOutlook } from "./outlook.js";
import { mount as mountSystem } from "./system_strip.js";
import { mount as mountWatchlist } from "./watchlist.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../main.js").View} View */

const COLUMNS = { left: ["hero", "figures", "book", "watch"], middle: ["charts", "lists"], right: ["outlook", "anomalies", "comparison", "activity", "alerts"] };
/** The columns, that a key steps through. */
const PANELS = ".en-left, .en-charts, .en-lists, .en-right";

/** @param {HTMLElement} root @param {App} app @returns {View} */
export function mount(root, app) {
  const isWall = app.router.current.params.get("wall") === "1";
  /** @type {Record<string, HTMLElement>} */
  const boxes = {};
  const columns = Object.entries(COLUMNS).map(([name, cards]) => h(`div.desk-column.en-${name}`, {}, ...cards.map((card) => { boxes[card] = h(`section.desk-${card}.en-${card}`); return boxes[card]; })));
  const tools = h("div.en-tools", {}, h("h1", {}, "Enhanced"));
  const system = h("section.en-system", { "aria-label": "System" });
  const foot = h("footer.desk-foot");
  const el = h("div.desk.enhanced", {}, narrow(app), tools, h("div.en-grid", {}, ...columns), system, foot);
  root.append(el);
  for (const [name, box] of Object.entries(boxes)) if (name !== "charts" && name !== "figures") box.classList.add("card");

  const book = depthLadder(boxes.book, app);
  const charts = chartGrid(boxes.charts, app, (symbol) => book.look(symbol));
  const parts = [
    mountHero(boxes.hero, app), mountFigures(boxes.figures, app), mountWatchlist(boxes.watch, app, charts.choose),
    mountLists(boxes.lists, app, charts.choose), mountOutlook(boxes.outlook, app), mountAnomalies(boxes.anomalies, app),
    mountComparison(boxes.comparison, app), mountActivity(boxes.activity, app, { all: true }), mountAlerts(boxes.alerts, app),
    mountSystem(system, app), mountFoot(foot, app), charts,
  ];
  // What scrolls inside itself must be reachable without a mouse.
  for (const list of root.querySelectorAll(".en-right ul")) list.setAttribute("tabindex", "0");
  tools.append(charts.tools, h("span.sp"), ...toolButtons(app));
  app.shortcuts = (key) => press(key, { app, charts, root: el });
  const wall = isWall ? startWall(el, app, { every: turnsEvery(app.router.current.params), turn: () => turnWall(el, charts) }) : null;

  return {
    update(state, changed) {
      if (changed.has("route") && (app.router.current.params.get("wall") === "1") !== isWall) return app.redraw();
      for (const part of parts) part.update(state, changed);
      book.update(changed);
      wall?.update();
      return undefined;
    },
    unmount() {
      app.shortcuts = null;
      wall?.stop();
      for (const part of parts) part.unmount();
      book.unmount();
    },
  };
}

/** Said where there is too little room for it; it works all the same. @param {App} app */
function narrow(app) {
  return h("p.en-narrow", {}, "This view is made for a large screen. ", h("a", { href: app.router.href("overview") }, "The normal view"));
}

/** @param {App} app */
function toolButtons(app) {
  const full = h("button.link", { type: "button", onclick: () => fullScreen(app) }, "Full screen");
  return [full, h("a.link", { href: app.router.href("enhanced", { wall: "1" }) }, "Wall")];
}

/** Fill the screen, or give it back. @param {App} app */
function fullScreen(app) {
  const { documentElement: page } = document;
  const turned = document.fullscreenElement ? document.exitFullscreen() : page.requestFullscreen?.({ navigationUI: "hide" });
  const sorry = () => app.toast({ tone: "ok", title: "This browser keeps its frame", detail: "Its own menu, or F11, may fill the screen." });
  if (turned) turned.catch(sorry);
  else sorry();
}

/**
 * What a key does here.
 * @param {string} key
 * @param {{app: App, charts: import("./chart_grid.js").ChartGrid, root: HTMLElement}} view
 * @returns {boolean} whether it means something
 */
function press(key, { app, charts, root }) {
  const isWall = app.router.current.params.get("wall") === "1";
  switch (key.toLowerCase()) {
    case "]": charts.turn(1); break;
    case "[": charts.turn(-1); break;
    case "+": case "=": charts.stretch(1); break;
    case "-": charts.stretch(-1); break;
    case "g": charts.more(); break;
    case "n": stepPanel(root); break;
    case "t": stepTab(root); break;
    case "f": fullScreen(app); break;
    case "w": app.router.go("enhanced", isWall ? {} : { wall: "1" }); break;
    case "escape": if (!isWall) return false; app.router.go("enhanced"); break;
    default: return false;
  }
  return true;
}

/** The keyboard in the next panel. @param {HTMLElement} root */
function stepPanel(root) {
  const panels = /** @type {HTMLElement[]} */ ([...root.querySelectorAll(PANELS)]);
  const next = panels[(panels.findIndex((panel) => panel.contains(document.activeElement)) + 1) % panels.length];
  /** @type {HTMLElement | null} */ (next.querySelector("button:not([hidden]), select, a[href], [tabindex='0']"))?.focus();
}

/** @param {HTMLElement} root */
function stepTab(root) {
  const tabs = /** @type {HTMLElement[]} */ ([...root.querySelectorAll(".en-lists .tabs button")]);
  tabs[(tabs.findIndex((tab) => tab.getAttribute("aria-pressed") === "true") + 1) % tabs.length]?.click();
}

/** The next market in each chart, the next list, the next part of the right column. @param {HTMLElement} root @param {import("./chart_grid.js").ChartGrid} charts */
function turnWall(root, charts) {
  charts.turn(1);
  stepTab(root);
  const cards = [...root.querySelectorAll(".en-right > *")].filter((card) => card instanceof HTMLElement && !card.hidden && !card.hasAttribute("data-off"));
  const at = cards.findIndex((card) => card.hasAttribute("data-front"));
  for (const card of cards) card.removeAttribute("data-front");
  const next = cards[(at + 1) % cards.length];
  if (next) setAttr(next, "data-front", "");
}
