/** The row of markets to choose from. */

import { h, keyedList, setAttr, setText } from "../dom.js";

/**
 * Make the row.
 * @param {(symbol: string) => {href: string} | {choose: () => void}} way a link, or what a press does
 * @returns {{el: HTMLElement, update: (symbols: string[], current: string) => void}}
 */
export function symbolTabs(way) {
  const el = h("div.tabs", { role: "group", "aria-label": "Market" });
  let current = "";
  const show = keyedList(el, { key: (/** @type {string} */ symbol) => symbol, create: tab });
  return {
    el,
    update(symbols, chosen) {
      const moved = chosen !== current;
      current = chosen;
      show(symbols);
      if (moved) el.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
    },
  };

  /** @param {string} symbol */
  function tab(symbol) {
    const to = way(symbol);
    const name = h("bdi");
    const button = "href" in to ? h("a", to, name) : h("button", { type: "button", onclick: to.choose }, name);
    setText(name, symbol);
    return {
      el: button,
      update() {
        const now = way(symbol);
        if ("href" in now) setAttr(button, "href", now.href);
        setAttr(button, "aria-current", symbol === current ? "true" : null);
      },
    };
  }
}
