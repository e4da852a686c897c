/** What each of a few groups came to, as bars to both sides of zero. */

import { h } from "../dom.js";
import { change, counted, percent, toneOf } from "../format.js";
import { sectionCard } from "./section_card.js";

/** @typedef {{key: string, trades: number, wins: number, net_pnl: number, win_rate_pct: number | null}} Group */

const FEW = 8;

/**
 * Make the card.
 * @param {string} title
 * @param {(key: string) => string} words what a group is called
 * @returns {{el: HTMLElement, show: (groups: Group[]) => void}}
 */
export function groupBars(title, words) {
  const list = h("ul.bars");
  const more = h("button.link", { type: "button", hidden: true, "aria-expanded": "false", onclick: () => { every = !every; draw(); } });
  const card = sectionCard(title, list, more);
  card.remark("Net P&L");
  let every = false;
  /** @type {Group[]} */
  let known = [];
  return {
    el: card.el,
    show(groups) {
      known = [...groups].sort((a, b) => b.net_pnl - a.net_pnl);
      card.el.hidden = !groups.length;
      draw();
    },
  };

  function draw() {
    const low = Math.min(0, ...known.map(({ net_pnl: net }) => net));
    const span = Math.max(0, ...known.map(({ net_pnl: net }) => net)) - low || 1;
    list.style.setProperty("--zero", `${((100 * -low) / span).toFixed(2)}%`);
    list.replaceChildren(...known.slice(0, every ? Infinity : FEW).map((group) => row(group, words(group.key), { low, span })));
    more.hidden = known.length <= FEW;
    more.textContent = every ? "Fewer" : `All ${known.length}`;
    more.setAttribute("aria-expanded", String(every));
  }
}

/** @param {Group} group @param {string} name @param {{low: number, span: number}} scale */
function row({ trades, net_pnl: net, win_rate_pct: rate }, name, { low, span }) {
  const from = (100 * (Math.min(net, 0) - low)) / span;
  const style = `left:${from.toFixed(2)}%;width:${((100 * Math.abs(net)) / span).toFixed(2)}%`;
  return h("li", {},
    h("div.n", { title: name }, name, h("small", {}, `${counted(trades, "trade")}${rate === null ? "" : `, ${percent(rate, 0)} won`}`)),
    h("div.track", { "aria-hidden": "true" }, h("i", { class: toneOf(net), style })),
    h("div", { class: `v num ${toneOf(net)}` }, change(net)));
}
