/** The people of Telegram: let in, given a role, blocked; for owners. */

import { h } from "../dom.js";
import { capital } from "../format.js";
import { past } from "../time.js";
import { actButton, detailOf, loadedCard, onSubmit, selectOf } from "./loaded.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} User */

/** @type {[role: string, word: string][]} */
export const ROLES = ["viewer", "trader", "owner"].map((role) => [role, capital(role)]);
const ORDER = ["pending", "allowed", "blocked"];
const WORDS = /** @type {Record<string, string>} */ ({ pending: "asks to come in", blocked: "blocked" });

/** @param {App} app */
export function usersCard(app) {
  /** @type {ReturnType<typeof loadedCard>} */
  const card = loadedCard({
    title: "People", none: "Nobody yet. Who opens the bot and is not known appears here.",
    load: async () => {
      /** @type {User[]} */
      const users = (await app.api.get("api/users")).users;
      const asking = users.filter(({ status }) => status === "pending").length;
      card.remark(asking ? `${asking} ask${asking === 1 ? "s" : ""} to come in` : "");
      return users.sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || a.id - b.id);
    },
    row: (user, { again }) => row(app, user, again),
  }, admission(app, () => card.again()));
  return card;
}

/** @param {App} app @param {User} user @param {() => Promise<void>} again */
function row(app, user, again) {
  const name = user.name || `User ${user.id}`;
  const block = user.is_you || user.status === "blocked" ? null : actButton(app, "Block", async () => {
    await app.api.post(`api/users/${user.id}/block`, {});
    await again();
  }, { name: `Block ${name}`, sure: "Really?", failed: `${name} was not blocked` });
  const forget = user.is_you || user.status === "allowed" ? null : actButton(app, "Forget", async () => {
    await app.api.remove(`api/users/${user.id}`);
    await again();
  }, { name: `Forget ${name}`, failed: `${name} was not forgotten` });
  const said = [user.username && `@${user.username}`, `id ${user.id}`, WORDS[user.status], user.last_seen_at && `seen ${past(user.last_seen_at, Date.now())}`].filter(Boolean).join(", ");
  return h("li", {}, h("div.who", {}, h("b", {}, h("bdi", {}, name), user.is_you && h("span.cap", {}, " you")), h("p.cap", {}, said)),
    h("div.acts", {}, roleOf(app, user, name, again), block, forget));
}

/** The role of somebody, to be chosen. @param {App} app @param {User} user @param {string} name @param {() => Promise<void>} again */
function roleOf(app, user, name, again) {
  const isIn = user.role && user.status === "allowed";
  const { el, select } = selectOf(`Role of ${name}`, isIn ? ROLES : [["", "Let in as…"], ...ROLES], isIn ? user.role : "");
  select.disabled = user.is_you;
  select.addEventListener("change", () => {
    if (!select.value) return;
    app.api.post("api/users", { user_id: user.id, role: select.value }).catch((error) => {
      app.toast({ tone: "bad", title: isIn ? "The role was not changed" : `${name} was not let in`, detail: detailOf(error) });
    }).then(again);
  });
  return el;
}

/** Letting somebody in by their id. @param {App} app @param {() => Promise<void>} again */
function admission(app, again) {
  const id = /** @type {HTMLInputElement} */ (h("input", { name: "user_id", inputmode: "numeric", autocomplete: "off", placeholder: "123456789", required: true, pattern: "[1-9][0-9]{0,14}" }));
  const role = selectOf("Role", ROLES);
  const form = h("form.add", {}, h("label.field", {}, h("span", {}, "Telegram id"), id), role.el, h("button.btn.quiet", { type: "submit" }, "Let in"));
  onSubmit(form, async () => {
    await app.api.post("api/users", { user_id: Number(id.value), role: role.select.value });
    id.value = "";
    await again();
  }, (error) => app.toast({ tone: "bad", title: "Nobody was let in", detail: detailOf(error) }));
  return form;
}
