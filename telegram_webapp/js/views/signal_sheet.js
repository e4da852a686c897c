/** One signal whole: what was decided and why, what each of its parts said, what it expected. */

import { DECISIONS, actionSign, compared, gateWords, limitOf } from "../decisions.js";
import { h } from "../dom.js";
import { UNKNOWN, change, percentChange, price as priceText, toneOf } from "../format.js";
import { icon } from "../icons.js";
import { day, hourMinuteSecond, zone } from "../time.js";
import { partBars } from "./part_bars.js";
import { openSheet } from "./sheet.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Signal */

/**
 * Open the sheet; what the list does not carry is asked for.
 * @param {App} app
 * @param {Signal} signal
 */
export function openSignal(app, signal) {
  if (document.querySelector("dialog[open]")) return;
  const rest = h("div", { "aria-live": "polite" });
  const [sign, word] = actionSign(signal.action);
  const sheet = openSheet({
    title: `${sign} ${word} ${signal.symbol}`,
    badge: app.store.state?.engine.badge ?? "",
    body: [h("p.lead", {}, `${signal.strategy}, ${day(signal.at)}, ${hourMinuteSecond(signal.at)} ${zone.name}. Confidence ${signal.confidence.toFixed(2)}.`), verdict(signal), levels(app, signal), rest],
  });
  sheet.el.append(h("div.one-btn", {}, h("button.btn.quiet", { type: "button", onclick: sheet.close }, "Done")));
  sheet.el.addEventListener("click", (event) => { if (/** @type {Element} */ (event.target).closest("a")) sheet.close(); });
  void load(app, signal, rest);
}

/** @param {Signal} signal */
function verdict(signal) {
  const { decision, gate, value, why } = signal;
  const [saw, limit] = typeof value === "number" ? compared(value, limitOf(signal)) : ["", ""];
  const seen = gate && `${gateWords(gate)}${saw && `: ${saw}`}${limit && ` against a limit of ${limit}`}`;
  return h("div.decided", { "data-decision": decision },
    icon(decision === "refused" ? "refused" : decision === "held" ? "scale" : "ok"),
    h("div", {}, h("b", {}, DECISIONS[decision] ?? decision), h("p", {}, sentence(why)), seen && h("p.cap", {}, sentence(seen))));
}

/** @param {App} app @param {Signal} signal */
function levels(app, signal) {
  const stats = app.store.state?.stats[signal.symbol];
  const row = (/** @type {string} */ label, /** @type {string} */ text, tone = "") => h("div", {}, h("dt", {}, label), h("dd", { class: tone && `num ${tone}` }, text));
  const expected = typeof signal.expected_pct === "number";
  const amount = typeof signal.expected_pnl === "number" ? change(signal.expected_pnl) : "";
  return h("dl.kv", {},
    row("Price it saw", priceText(signal.price, stats)),
    row("Expected, after costs", expected ? [amount, percentChange(signal.expected_pct)].filter(Boolean).join(", ") : UNKNOWN, expected ? toneOf(signal.expected_pct) : ""),
    row("Stop", priceText(signal.stop_price, stats)), row("Target", priceText(signal.target_price, stats)));
}

/** @param {App} app @param {Signal} signal @param {HTMLElement} rest */
async function load(app, signal, rest) {
  if (signal.detail?.reasons) rest.replaceChildren(...spoken(signal.detail));
  else rest.replaceChildren(h("p.cap.loading", {}, "Loading the reasons"));
  try {
    const answer = await app.api.get(`api/signals/${encodeURIComponent(signal.id)}`, { account: app.router.current.params.get("account") });
    const whole = answer.signal ?? answer;
    rest.replaceChildren(...spoken(whole.detail), ...tradeLink(app, whole, answer.trade ?? null));
  } catch (error) {
    const { status, detail } = /** @type {import("../api.js").ApiError} */ (error);
    const gone = status === 404;
    rest.append(h("p.cap", { role: "alert" }, gone ? "Its reasons are not kept any more." : `Its reasons did not load. ${detail ?? ""}`));
    rest.querySelector(".loading")?.remove();
  }
}

/** @param {{reasons?: string[], parts?: import("./part_bars.js").Part[]}} detail @returns {HTMLElement[]} */
function spoken({ reasons = [], parts = [] }) {
  const bars = partBars(parts);
  return [
    h("h3", {}, reasons.length > 1 ? "Reasons" : "Reason"), h("ol.reasons", {}, ...reasons.map((reason) => h("li", {}, sentence(reason)))),
    ...(bars ? [h("h3", {}, "What each part said, score × weight"), bars] : []),
  ];
}

/** @param {App} app @param {Signal} signal @param {Record<string, any> | null} trade @returns {HTMLElement[]} */
function tradeLink(app, signal, trade) {
  const id = trade?.id ?? signal.position_id;
  if (!id) return [];
  const open = app.store.state?.positions[id];
  if (!trade && open) return [way(app.router.href("market", { symbol: signal.symbol }), "Its position is open", "see it in the market")];
  if (!trade) return [];
  return [way(app.router.href("trades", { trade: id }), `Its trade: ${change(trade.net_pnl)}`, "see what happened")];
}

/** @param {string} href @param {string} word @param {string} text */
function way(href, word, text) {
  return h("ul.ways", {}, h("li", {}, h("a", { href }, h("b", {}, word), h("span.cap", {}, text), icon("chevron", true))));
}

/** @param {string} text */
function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) || !text ? "" : ".");
}
