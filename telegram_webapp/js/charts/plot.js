/** One drawing in a box of fixed size: the library comes late, redraws are few, none while hidden. */

import { h } from "../dom.js";
import { asWished, isShifted } from "./as_wished.js";
import { loadPlotly } from "./plotly.js";
import { scrub } from "./scrub.js";
import { erase, sketch } from "./sketch.js";
import { isTouched, touched } from "./touched.js";

/**
 * What to draw.
 * @typedef {object} Figure
 * @property {any[]} data
 * @property {Record<string, any>} layout
 * @property {string} [look] figures of the same look need no new drawing
 * @property {boolean} [plain] whether a sketch of it does, until the page is touched
 */
/** @typedef {{width: number, height: number}} Size */

/** Four drawings a second; half of that where a battery pays. */
const GAP_MS = matchMedia("(pointer: coarse)").matches ? 500 : 250;
const RETRY_MS = 10000;
const CONFIG = { displayModeBar: false, scrollZoom: false, doubleClick: false, showTips: false };

/** Between two drawings of any charts lies this many times what the first of them took, but no more than that. */
const [REST, MOST_REST_MS] = [1.5, 100];
/** Drawings that are due, one after the other: several charts never hold up the same frame. @type {(() => unknown)[]} */
const turns = [];
let isTurning = false;

export class Plot {
  #box;
  #url;
  #figure;
  #on;
  /** @type {any} */
  #plotly = null;
  #timer = 0;
  #drawnAt = 0;
  #look = "";
  #drawn = false;
  /** Whether a new drawing is due, and not only what is to be added to it. */
  #whole = false;
  /** @type {((plotly: any, box: HTMLElement) => void) | null} */
  #add = null;
  #triedAt = -Infinity;
  #stopped = false;
  #observer;
  #words;

  /**
   * @param {HTMLElement} box whose size the drawing takes
   * @param {import("../main.js").App} app
   * @param {(size: Size) => Figure | null} figure what to draw now; null while there is nothing yet
   * @param {Record<string, (event: any) => void>} [on] Plotly's events by name
   */
  constructor(box, app, figure, on = {}) {
    this.#box = box;
    this.#url = app.boot.plotly;
    this.#figure = figure;
    this.#on = on;
    this.#words = h("p.plot-words.cap");
    box.classList.add("plot", "waiting");
    box.append(this.#words);
    this.#observer = new ResizeObserver(() => this.now());
    this.#observer.observe(box);
  }

  /** Something changed: draw soon, at most four times a second. */
  ask() {
    this.#whole = true;
    this.#schedule();
  }

  /**
   * Something came to what is drawn: add it soon, unless all is drawn anew before that.
   * @param {(plotly: any, box: HTMLElement) => void} add
   */
  extend(add) {
    if (isShifted()) return this.ask();
    this.#add = add;
    return this.#schedule();
  }

  #schedule() {
    if (this.#timer || this.#stopped) return;
    const wait = Math.max(0, this.#drawnAt + GAP_MS - performance.now());
    this.#timer = setTimeout(() => inTurn(() => this.#due()), wait);
  }

  #due() {
    if (this.#whole || !this.#add || !this.#drawn) return this.now();
    this.#timer = 0;
    if (document.hidden || !this.#box.clientWidth) return undefined;
    const add = this.#add;
    this.#add = null;
    this.#drawnAt = performance.now();
    return requestAnimationFrame(() => this.#stopped || add(this.#plotly, this.#box));
  }

  /** Draw without waiting: a person chose something. */
  now() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const size = { width: this.#box.clientWidth, height: this.#box.clientHeight };
    if (this.#stopped || document.hidden || !size.width || !size.height) return;
    const figure = this.#figure(size);
    if (!figure) return;
    this.#whole = false;
    this.#add = null;
    if (!this.#plotly) void this.#load(Boolean(figure.plain));
    if (figure.look && figure.look === this.#look) return;
    if (this.#plotly) this.#draw(figure, size);
    else if (figure.plain) this.#sketch(figure, size);
  }

  /** Say in the empty box why there is no drawing. @param {string} text */
  say(text) {
    this.#words.textContent = text;
  }

  /** Let go of everything. */
  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#observer.disconnect();
    if (this.#plotly) this.#plotly.purge(this.#box);
  }

  /** @param {boolean} late not before the page is touched */
  async #load(late) {
    if (performance.now() - this.#triedAt < RETRY_MS) return;
    this.#triedAt = late && !isTouched() ? Infinity : performance.now();
    if (late) await touched();
    if (this.#stopped) return;
    this.#triedAt = performance.now();
    try {
      this.#plotly = await loadPlotly(this.#url);
      this.#look = "";
      this.say("");
      this.now();
    } catch {
      this.say("The chart did not load. The figures are not affected.");
    }
  }

  /** @param {Figure} figure @param {Size} size */
  #sketch(figure, size) {
    this.#drawnAt = performance.now();
    this.#look = figure.look ?? "";
    this.#words.remove();
    this.#box.classList.remove("waiting");
    sketch(this.#box, asWished(figure), size);
  }

  /** @param {Figure} figure @param {Size} size */
  #draw(figure, size) {
    const { data, layout, look = "" } = asWished(figure);
    const first = !this.#drawn;
    this.#drawnAt = performance.now();
    this.#look = look;
    if (first) {
      this.#words.remove();
      erase(this.#box);
    }
    this.#plotly.react(this.#box, data, { ...layout, ...size }, CONFIG);
    if (!first) return;
    this.#drawn = true;
    this.#box.classList.remove("waiting");
    for (const [name, listener] of Object.entries(this.#on)) /** @type {any} */ (this.#box).on(name, listener);
    scrub(this.#box, this.#plotly);
  }
}

/** @param {() => unknown} draw */
function inTurn(draw) {
  turns.push(draw);
  if (!isTurning) turn();
}

/** Draw what waits longest, then leave the page time for everything else: the more, the longer it took. */
function turn() {
  isTurning = true;
  requestAnimationFrame(() => {
    const began = performance.now();
    try {
      turns.shift()?.();
    } finally {
      setTimeout(() => {
        isTurning = false;
        if (turns.length) turn();
      }, Math.min(MOST_REST_MS, REST * (performance.now() - began)));
    }
  });
}
