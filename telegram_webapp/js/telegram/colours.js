/** The page in Telegram's colours, for as long as the person has not chosen others. */

import { paletteOf, schemeOf } from "./palette.js";

export class Colours {
  #theme;
  /** @type {Record<string, string>} */
  #params = {};
  /** @type {Record<string, string>} */
  tokens = {};

  /** @param {import("../theme.js").Theme} theme */
  constructor(theme) {
    this.#theme = theme;
  }

  /** Take the colours of a theme of Telegram. @param {Record<string, string>} params */
  take(params) {
    this.#params = params;
    this.#theme.follow(schemeOf(params));
    this.show();
  }

  /** Put them on, or take them off. */
  show() {
    const root = document.documentElement;
    for (const name of Object.keys(this.tokens)) root.style.removeProperty(`--${name}`);
    const worn = this.#theme.choice === "auto" && schemeOf(this.#params) !== null;
    this.tokens = worn ? paletteOf(this.#params, this.#theme.resolved) : {};
    root.classList.toggle("tg", worn);
    for (const [name, value] of Object.entries(this.tokens)) root.style.setProperty(`--${name}`, value);
  }

  /** What stands behind the page and what stands on it, as hex: for the frame around the page. */
  ground() {
    const style = getComputedStyle(document.documentElement);
    return { bg: style.getPropertyValue("--bg").trim(), surface: style.getPropertyValue("--surface").trim() };
  }
}
