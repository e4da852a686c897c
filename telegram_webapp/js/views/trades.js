/** Closed trades: filtered, summed up, all the way back; or one of them, when the route names it. */

import { mount as mountDetail } from "./trade_detail.js";
import { mount as mountList } from "./trade_list.js";

/** @typedef {import("../main.js").View} View */

/** @param {HTMLElement} root @param {import("../main.js").App} app @returns {View} */
export function mount(root, app) {
  /** @type {View | null} */
  let view = null;
  let shown = "";

  return {
    update(state, changed) {
      const params = app.router.current.params;
      const id = params.get("trade") ?? "";
      const name = id ? `trade ${id}` : "list";
      if (name !== shown) {
        view?.unmount();
        root.replaceChildren();
        shown = name;
        view = id ? mountDetail(root, app, id) : mountList(root, app);
        changed = new Set([...changed, ...app.store.sections, "time", "route", "role", "connection"]);
      }
      view?.update(state, changed);
    },
    unmount() {
      view?.unmount();
    },
  };
}
