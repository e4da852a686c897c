/** Dark or light: the machine's choice, or the person's when storage lets us keep it. */

import { recall, remember } from "./memory.js";

/** @typedef {"auto" | "dark" | "light"} Choice */

const KEY = "theme";

export class Theme {
  #changed;
  /** What the program says that shows the page, if it has a theme of its own. @type {"dark" | "light" | null} */
  outer = null;
  #dark = matchMedia("(prefers-color-scheme: dark)");

  /** @param {() => void} changed called after the colours did */
  constructor(changed) {
    this.#changed = changed;
    const kept = recall(KEY);
    /** @type {Choice} */
    this.choice = kept === "dark" || kept === "light" ? kept : "auto";
    this.#dark.addEventListener("change", () => this.#show());
    this.#show();
  }

  /** What is shown. @returns {"dark" | "light"} */
  get resolved() {
    if (this.choice !== "auto") return this.choice;
    return this.outer ?? (this.#dark.matches ? "dark" : "light");
  }

  /** @param {Choice} choice */
  set(choice) {
    this.choice = choice;
    remember(KEY, choice);
    this.#show();
  }

  /** Follow the theme of the program that shows the page. @param {"dark" | "light" | null} scheme */
  follow(scheme) {
    this.outer = scheme;
    this.#show();
  }

  #show() {
    document.documentElement.dataset.theme = this.resolved;
    this.#changed();
  }
}
