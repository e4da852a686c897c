/** Every setting: what it is and where that is from; an owner changes those that need no start. */

import { h, setAttr, setText } from "../dom.js";
import { capital, counted } from "../format.js";
import { icon } from "../icons.js";
import { detailOf, headOf } from "./loaded.js";
import { emptyCard } from "./section_card.js";
import { settingRow, titleOf } from "./setting_row.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("./setting_input.js").Setting} Setting */
/** @typedef {ReturnType<typeof settingRow>} Row */
/** @typedef {{version: string, trouble: string, settings: Setting[], turned: string[]}} Told */

const SHOWN = /** @type {const} */ ([["live", "To change here"], ["all", "All"]]);

/** @param {HTMLElement} root @param {App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  if (app.role !== "owner") {
    const ways = h("a.link", { href: app.router.href("more") }, "More");
    root.append(headOf(app, "Settings"), h("div.part", {}, emptyCard("Only owners see and change settings", "They hold for everybody here. Ask an owner; what is yours alone is under More.", icon("key"), ways)));
    return { update() {}, unmount() {} };
  }
  /** @type {Map<string, Row>} */
  const rows = new Map();
  let version = "";
  let shown = "live";
  const words = h("p.card.note", { role: "status" }, "Loading");
  const retry = h("button.btn.quiet", { type: "button", hidden: true, onclick: () => void load() }, "Try again");
  const trouble = h("div.card.trouble", { hidden: true, role: "status" });
  const search = /** @type {HTMLInputElement} */ (h("input", { type: "search", placeholder: "Search settings", "aria-label": "Search settings", autocomplete: "off", oninput: filter }));
  const which = SHOWN.map(([name, word]) => ({ name, el: h("button", { type: "button", onclick: () => { shown = name; filter(); } }, word) }));
  const again = /** @type {HTMLButtonElement} */ (h("button.btn.quiet.small", { type: "button", onclick: () => void reread() }, "Read the files again"));
  const list = h("div.settings-list");
  const bar = saveBar(() => void save(), discard);
  root.append(headOf(app, "Settings"), h("div.part.settings-view", {},
    h("p.lead", {}, "What is saved here is in force everywhere within seconds. Everything else is written in config/dashboards.yaml and taken over at the next start."),
    h("div.settings-tools", {}, h("label.field", {}, search), h("div.segs", { role: "group", "aria-label": "Which settings" }, ...which.map(({ el }) => el)), again),
    trouble, list, words, retry, bar.el));
  void load();
  return {
    update(_, changed) {
      if (changed.has("connection") && app.connection.current.canAct && !retry.hidden) void load();
    },
    unmount() {},
  };

  async function load() {
    retry.hidden = true;
    try {
      show(await app.api.get("api/settings"));
    } catch (error) {
      setText(words, `The settings did not load. ${detailOf(error)}`);
      words.hidden = retry.hidden = false;
    }
  }

  /** @param {Told} told */
  function show(told) {
    version = told.version;
    setText(trouble, told.trouble ? `What is written down now is wrong, and not in force. ${told.trouble.replaceAll("\n", ". ")}.` : "");
    trouble.hidden = !told.trouble;
    if (!rows.size) build(told.settings);
    else for (const setting of told.settings) rows.get(setting.name)?.show(setting);
    filter();
    count();
  }

  /** @param {Setting[]} settings */
  function build(settings) {
    for (const section of new Set(settings.map((setting) => setting.section))) {
      const here = settings.filter((setting) => setting.section === section);
      const blocks = [...new Set(here.map(({ block }) => block))].map((block) => blockOf(here.filter((setting) => setting.block === block)));
      list.append(h("section.card.panel", {}, h("h2", {}, capital(section)), ...blocks));
    }
  }

  /** @param {Setting[]} settings that are told of together */
  function blockOf(settings) {
    const [first] = settings;
    const group = first.name.includes(".");
    const made = settings.map((setting) => {
      const row = settingRow(group || settings.length > 1 ? setting : { ...setting, text: setting.about }, count);
      rows.set(setting.name, row);
      return row.el;
    });
    const head = group ? h("h3", {}, titleOf(first.block)) : null;
    const about = group || settings.length > 1 ? h("p.cap", {}, first.about) : null;
    return h("div.block", {}, head, about, h("ul", {}, ...made));
  }

  function filter() {
    const wanted = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    for (const { name, el } of which) setAttr(el, "aria-pressed", String(name === shown));
    let any = false;
    for (const row of rows.values()) {
      const { name, text, about, is_live: live } = row.setting;
      const said = `${name} ${titleOf(name)} ${text} ${about}`.toLowerCase();
      const fits = wanted.every((word) => said.includes(word)) && (shown === "all" || live || row.setting.next !== null);
      row.el.hidden = !fits;
      any ||= fits;
    }
    for (const box of list.querySelectorAll(".block, .panel")) /** @type {HTMLElement} */ (box).hidden = !box.querySelector(".setting:not([hidden])");
    if (!rows.size) return;
    setText(words, shown === "all" ? "No setting has these words." : "No setting that can be changed here has these words. All shows the others.");
    words.hidden = any;
  }

  /** @returns {Row[]} those that are being changed */
  function edited() { return [...rows.values()].filter((row) => row.isChanged); }

  function count() { bar.show(edited().length); }

  function discard() {
    for (const row of rows.values()) row.reset();
    count();
  }

  async function save() {
    const asked = edited();
    bar.busy(true);
    try {
      const told = await app.api.put("api/settings", { version, changes: Object.fromEntries(asked.map((row) => [row.setting.name, row.draft])) });
      for (const row of asked) row.reset();
      show(told);
      app.toast({ tone: "ok", title: "In force now", detail: told.turned.join(", ") || "Nothing is another than before." });
    } catch (error) {
      await refused(/** @type {any} */ (error));
    }
    bar.busy(false);
  }

  /** @param {import("../api.js").ApiError} error */
  async function refused(error) {
    const faults = /** @type {Record<string, string>} */ (/** @type {any} */ (error.problem)?.faults ?? {});
    const known = Object.keys(faults).filter((name) => rows.has(name));
    for (const row of rows.values()) row.blame(faults[row.setting.name] ?? "");
    rows.get(known[0])?.focus();
    if (!known.length) app.toast({ tone: "bad", title: "Nothing was changed", detail: detailOf(error) });
    if (error.code === "changed_meanwhile") await load();
  }

  async function reread() {
    again.disabled = true;
    try {
      const told = await app.api.post("api/settings/reload", {});
      show(told);
      app.toast({ tone: "ok", title: "Read again", detail: told.turned.join(", ") || "Nothing is another than before." });
    } catch (error) {
      app.toast({ tone: "bad", title: "Nothing was changed", detail: detailOf(error) });
      await load();
    }
    again.disabled = false;
  }
}

/** What stays in sight while something is not saved. @param {() => void} save @param {() => void} discard */
function saveBar(save, discard) {
  const text = h("span", { role: "status" });
  const keep = /** @type {HTMLButtonElement} */ (h("button.btn.main", { type: "button", onclick: save }, "Save"));
  const drop = /** @type {HTMLButtonElement} */ (h("button.btn.quiet", { type: "button", onclick: discard }, "Discard"));
  const el = h("div.save-bar", { hidden: true }, text, drop, keep);
  return {
    el,
    /** @param {number} count of unsaved changes */
    show(count) {
      setText(text, `${counted(count, "change")} not saved`);
      el.hidden = !count;
    },
    /** @param {boolean} is */
    busy(is) { keep.disabled = drop.disabled = is; },
  };
}
