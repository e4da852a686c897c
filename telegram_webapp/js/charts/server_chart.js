/** A chart that the server draws up: asked for, shown in the page's colours, looked into, carried on. */

import { h, setAttr, setText } from "../dom.js";
import { hourMinute, zone } from "../time.js";
import { unshifted } from "./as_wished.js";
import { Plot } from "./plot.js";
import { themed } from "./roles.js";
import { forgetColours, groundOf } from "./theme.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("./roles.js").Figure} Figure */
/** @typedef {Record<string, any>} Params what the server is asked with; null and "" are left out */
/** @typedef {Record<string, any[]>} Points new values by attribute of a trace, like `{x: [1], y: [2]}` */
/**
 * @typedef {object} ServerChart
 * @property {HTMLElement} el
 * @property {(params: Params) => void} show look at something else
 * @property {() => void} reload ask for the same again
 * @property {(live: string, points: Points) => void} append to the traces whose `meta.live` is *live*
 * @property {(changed: Set<string>) => void} update
 * @property {() => void} unmount
 */

const WIDE = "(min-width: 1024px) and (pointer: fine)";
const MOST_POINTS = 2000;
const LEAST_POINTS = 300;
const RETRY_MS = 10_000;
const SLOW_MS = 1500;
/** So many points may come before the past is asked for anew, thinned. */
const MOST_NEW = 300;

/**
 * Make the chart; it asks at once unless *params* is null.
 * @param {App} app
 * @param {object} options
 * @param {string} options.type one of the server's
 * @param {Params | null} [options.params]
 * @param {number} [options.height] px
 * @param {string} options.label what it shows, for those who cannot see it
 * @param {(figure: Figure) => void} [options.loaded] called with each figure that came
 * @returns {ServerChart}
 */
export function serverChart(app, { type, params = null, height = 220, label, loaded }) {
  const chart = new Chart(app, { type, height, label, loaded });
  if (params) chart.show(params);
  return chart;
}

/** @implements {ServerChart} */
class Chart {
  #app;
  #type;
  #label;
  #loaded;
  #box;
  #note = h("p.plot-words.cap", { hidden: true });
  #age = h("p.chart-age.cap", { hidden: true });
  #reset;
  #plot;
  /** @type {Params | null} */
  #params = null;
  /** Times a person zoomed to. @type {[number, number] | null} */
  #zoom = null;
  /** @type {Figure | null} */
  #figure = null;
  #turn = 0;
  #asked = false;
  #failedAt = 0;
  /** What came and is not drawn yet, by place of its trace. @type {Map<number, Points>} */
  #coming = new Map();
  #came = 0;
  #slow = 0;

  /** @param {App} app @param {{type: string, height: number, label: string, loaded?: (figure: Figure) => void}} options */
  constructor(app, { type, height, label, loaded }) {
    this.#app = app;
    this.#type = type;
    this.#label = label;
    this.#loaded = loaded;
    this.#box = h("div.chart", { role: "img", "aria-label": label });
    this.#reset = h("button.btn.quiet.zoom-out", { type: "button", hidden: true, onclick: () => this.#look(null) }, "Reset");
    this.el = h("div.server-chart", { style: `--h: ${height}px` }, this.#box, this.#note, this.#age, this.#reset);
    this.#plot = new Plot(this.#box, app, (size) => this.#draw(size), {
      plotly_relayout: (event) => this.#zoomed(event),
      plotly_doubleclick: () => this.#look(null),
    });
  }

  /** @param {Params} params */
  show(params) {
    if (this.#params && same(params, this.#params)) return;
    this.#params = params;
    this.#zoom = null;
    this.#reset.hidden = true;
    void this.#ask();
  }

  reload() {
    if (this.#params) void this.#ask();
  }

  /** @param {string} live @param {Points} points */
  append(live, points) {
    const place = this.#figure?.data.findIndex((trace) => trace.meta?.live === live) ?? -1;
    if (place < 0 || this.#zoom) return;
    const known = this.#coming.get(place) ?? {};
    for (const [name, values] of Object.entries(points)) known[name] = [...(known[name] ?? []), ...values];
    this.#coming.set(place, known);
    this.#came += points.x.length;
    if (this.#came > MOST_NEW) void this.#ask();
    else this.#plot.extend((plotly, box) => this.#extend(plotly, box));
  }

  /** @param {Set<string>} changed */
  update(changed) {
    if (changed.has("theme")) forgetColours();
    if (changed.has("theme") || changed.has("connection")) this.#plot.ask();
    const restored = changed.has("connection") && !this.#app.connection.current.frozen;
    if (this.#failedAt && (restored || performance.now() - this.#failedAt > RETRY_MS)) void this.#ask();
    else if (this.#coming.size && changed.has("time")) this.#plot.extend((plotly, box) => this.#extend(plotly, box));
  }

  unmount() {
    this.#turn += 1;
    clearTimeout(this.#slow);
    this.#plot.stop();
  }

  /** Ask for the figure; what is wanted meanwhile overtakes an older answer. */
  async #ask() {
    this.#turn += 1;
    const turn = this.#turn;
    this.#failedAt = 0;
    this.#came = 0;
    clearTimeout(this.#slow);
    if (!this.#figure) this.#slow = setTimeout(() => this.#say("Loading the chart."), SLOW_MS);
    const [since, until] = this.#zoom ?? [undefined, undefined];
    const asked = this.#zoom ? { ...this.#params, hours: null, since, until } : this.#params;
    try {
      const figure = await this.#app.api.get(`api/chart/${this.#type}`, { points: this.#points(), ...asked });
      if (turn === this.#turn) this.#take(figure);
    } catch {
      if (turn === this.#turn) this.#fail();
    }
    if (turn === this.#turn) clearTimeout(this.#slow);
  }

  /** Two points a pixel are all that can be seen. */
  #points() {
    const width = this.#box.clientWidth || window.innerWidth;
    return Math.min(MOST_POINTS, Math.max(LEAST_POINTS, 2 * width));
  }

  /** @param {Figure} figure */
  #take(figure) {
    const { text, empty } = figure.layout.meta;
    this.#coming.clear();
    this.#figure = figure;
    this.#age.hidden = true;
    this.#box.classList.toggle("nothing", empty !== null);
    this.#say(empty ?? "");
    setAttr(this.#box, "aria-label", `${this.#label}. ${text}`);
    this.#plot.now();
    this.#loaded?.(figure);
  }

  #fail() {
    this.#failedAt = performance.now();
    if (!this.#figure) return this.#say("The chart did not load. It is asked for again.");
    const { at } = this.#figure.layout.meta;
    this.#age.hidden = false;
    setText(this.#age, at === null ? "Not up to date" : `As of ${hourMinute(at)} ${zone.name}`);
    return undefined;
  }

  /** @param {string} words in place of the drawing; "" for none */
  #say(words) {
    setText(this.#note, words);
    this.#note.hidden = !words;
  }

  /** @param {import("./plot.js").Size} size */
  #draw(size) {
    if (!this.#figure || this.#figure.layout.meta.empty !== null) return null;
    for (const [place, points] of this.#coming) {
      for (const [name, values] of Object.entries(points)) this.#figure.data[place][name].push(...values);
    }
    this.#follow();
    this.#coming.clear();
    return themed(this.#figure, size, {
      zoom: matchMedia(WIDE).matches && this.#figure.layout.xaxis.type === "date",
      frozen: this.#app.connection.current.frozen, ground: groundOf(this.#box),
    });
  }

  /** Add what came to the traces that are drawn; those with the same attributes in one go. @param {any} plotly @param {any} box */
  #extend(plotly, box) {
    if (!this.#figure || !this.#coming.size) return;
    this.#follow();
    box.layout.xaxis.range = this.#figure.layout.xaxis.range;
    for (const [names, places] of this.#alike()) {
      plotly.extendTraces(box, Object.fromEntries(names.map((name) => [name, places.map((place) => this.#coming.get(place)?.[name])])), places);
      for (const place of places) for (const name of names) this.#figure.data[place][name] = box.data[place][name];
    }
    this.#coming.clear();
  }

  /** Places of traces by the names of what came for them. @returns {[string[], number[]][]} */
  #alike() {
    /** @type {Map<string, [string[], number[]]>} */
    const groups = new Map();
    for (const [place, points] of this.#coming) {
      const names = Object.keys(points);
      const group = groups.get(names.join()) ?? [names, []];
      group[1].push(place);
      groups.set(names.join(), group);
    }
    return [...groups.values()];
  }

  /** Let the end of the chart move with what came. */
  #follow() {
    const { xaxis, meta } = /** @type {Figure} */ (this.#figure).layout;
    const ends = [...this.#coming.values()].map(({ x }) => x[x.length - 1]);
    const newest = Math.max(xaxis.range?.[1] ?? -Infinity, ...ends);
    if (xaxis.type !== "date" || newest === xaxis.range[1]) return;
    xaxis.range = [xaxis.range[0] + newest - xaxis.range[1], newest];
    meta.at = newest;
  }

  /** @param {any} event of Plotly: a person dragged */
  #zoomed(event) {
    const range = event["xaxis.range"] ?? [event["xaxis.range[0]"], event["xaxis.range[1]"]];
    const [from, to] = range.map(timeOf);
    if (from < to) this.#look([Math.floor(from), Math.ceil(to)]);
  }

  /** @param {[number, number] | null} zoom null for all that was asked for */
  #look(zoom) {
    if (!zoom && !this.#zoom) return;
    this.#zoom = zoom;
    this.#reset.hidden = !zoom;
    void this.#ask();
  }
}

/** A time as Plotly tells it after a drag: in words that name no zone, meant as the person's. @param {string | number | undefined} told @returns {number} */
function timeOf(told) {
  if (typeof told === "string") return unshifted(Date.parse(`${told.replace(" ", "T")}${told.includes(" ") ? "" : "T00:00"}Z`));
  return unshifted(told ?? NaN);
}

/** @param {Params} a @param {Params} b */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
