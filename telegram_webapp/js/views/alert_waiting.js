/** Warnings and errors that wait for somebody to have seen to them. */

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { follow, placeOf } from "../places.js";
import { when, zone } from "../time.js";
import { actButton, loadedCard } from "./loaded.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Alert */

const SHOWN = 20;
/** However much happens, the server is not asked more often. */
const PAUSE_MS = 2000;
const TELLING = ["alert_raised", "alert_acknowledged", "order_refused", "trade_closed"];

/**
 * Make the card; it asks again by itself when something was told or seen to.
 * @param {App} app
 * @param {() => void} [changed] called when it knows how many wait
 */
export function waitingCard(app, changed) {
  const may = app.role === "trader" || app.role === "owner";
  let more = false;
  let timer = 0;
  const all = h("a.link.all", { href: app.router.href("alerts") }, "All alerts", icon("chevron", true));
  const card = loadedCard({
    title: "Waiting for somebody", none: "Nothing waits. Warnings and errors stay here until somebody has seen to them.",
    load: async () => {
      const answer = await app.api.get("api/alerts", { open: "yes", limit: SHOWN });
      more = answer.next_cursor !== null;
      waiting.open = answer.alerts.length;
      card.remark(answer.alerts.length ? `${answer.alerts.length}${more ? "+" : ""}, ${zone.name}` : "");
      changed?.();
      return /** @type {Alert[]} */ (answer.alerts);
    },
    row: (alert, { again }) => row(app, alert, may, again),
  }, may ? "" : h("p.cap.who-may", {}, "A trader or an owner acknowledges them."), app.router.current.view === "alerts" ? "" : all);
  card.el.classList.add("told", "waiting");
  const stop = app.store.listen((/** @type {string} */ type) => {
    if (TELLING.includes(type)) timer ||= setTimeout(() => { timer = 0; void card.again(); }, PAUSE_MS);
  });
  const waiting = {
    ...card,
    /** How many wait; null before that is known. @type {number | null} */
    open: null,
    stop() {
      stop();
      clearTimeout(timer);
    },
  };
  return waiting;
}

/** @param {App} app @param {Alert} alert @param {boolean} may @param {() => Promise<void>} again */
function row(app, alert, may, again) {
  const [glyph, tone] = alert.level === "error" ? ["alert", "loss"] : ["alert", "warn"];
  const { view, params } = placeOf(alert.link);
  const here = alert.link === "system" && app.router.current.view === "system";
  const open = alert.link && !here && h("a.link", { href: app.router.href(view, params), "aria-label": `Open ${alert.title}`, onclick: (/** @type {MouseEvent} */ event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    follow(app, alert.link);
  } }, "Open");
  return h("li", {}, h("span", { class: `ic ${tone}` }, icon(glyph)),
    h("div.who", {}, h("b", {}, alert.title), h("p.cap", {}, [when(alert.at, app.clock.now()), alert.detail].filter(Boolean).join(", "))),
    h("div.acts", {}, open, may && actButton(app, "Acknowledge", async () => {
      await app.api.post(`api/alerts/${alert.id}/acknowledge`, {});
      app.announce(`Acknowledged: ${alert.title}`);
      await again();
    }, { name: `Acknowledge ${alert.title}`, failed: "That was not acknowledged" })));
}
