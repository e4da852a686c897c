/** The sheet that explains the keys, and switches them off. */

import { h, setText } from "../dom.js";
import { ENHANCED_KEYS, KEYS, keysAct, setKeys } from "../keys.js";
import { openSheet } from "./sheet.js";

/** Open the sheet. */
export function openKeys() {
  const rows = (/** @type {[string[], string][]} */ of) => of.map(([keys, meaning]) => h("div", {}, h("dt", {}, meaning), h("dd.keys", {}, ...keys.map((key) => h("kbd", {}, key)))));
  const toggle = h("button.btn.quiet", { type: "button" }, words());
  toggle.addEventListener("click", () => {
    setKeys(!keysAct());
    setText(toggle, words());
  });
  openSheet({ title: "Keys", body: [h("p.lead", {}, "They act while no field is being typed in."), h("dl.kv", {}, ...rows(KEYS)), h("h3.cap", {}, "In the enhanced view"), h("dl.kv", {}, ...rows(ENHANCED_KEYS)), h("div.keys-switch", {}, toggle)] });
}

/** @returns {string} */
function words() {
  return keysAct() ? "Switch keys off" : "Switch keys on";
}
