/** Keys for programs: made, shown once, revoked; for owners. */

import { h, setText } from "../dom.js";
import { capital } from "../format.js";
import { past } from "../time.js";
import { actButton, detailOf, loadedCard, onSubmit, selectOf } from "./loaded.js";
import { openSheet } from "./sheet.js";
import { ROLES } from "./users_card.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {Record<string, any>} Key */

/** @param {App} app */
export function keysCard(app) {
  const name = /** @type {HTMLInputElement} */ (h("input", { name: "name", autocomplete: "off", required: true, maxlength: "64", placeholder: "home assistant" }));
  const role = selectOf("Role of the key", ROLES);
  const form = h("form.add", {}, h("label.field", {}, h("span", {}, "New key, for"), name), role.el, h("button.btn.quiet", { type: "submit" }, "Make"));
  const card = loadedCard({
    title: "Keys", none: "No key yet. Programs read the same figures with one.",
    load: async () => /** @type {Key[]} */ ((await app.api.get("api/keys")).keys).filter((key) => !key.revoked_at),
    row: (key, { again }) => row(app, key, again),
  }, form);
  onSubmit(form, async () => {
    const made = await app.api.post("api/keys", { name: name.value.trim(), role: role.select.value });
    name.value = "";
    showSecret(made.name, made.secret);
    await card.again();
  }, (error) => app.toast({ tone: "bad", title: "No key was made", detail: detailOf(error) }));
  return card;
}

/** @param {App} app @param {Key} key @param {() => Promise<void>} again */
function row(app, key, again) {
  const revoke = actButton(app, "Revoke", async () => {
    await app.api.remove(`api/keys/${encodeURIComponent(key.name)}`);
    await again();
  }, { name: `Revoke ${key.name}`, sure: "Really?", failed: "The key was not revoked" });
  const used = key.last_used_at ? `used ${past(key.last_used_at, Date.now())}` : "never used";
  return h("li", {}, h("div.who", {}, h("b", {}, key.name), h("p.cap", {}, `${capital(key.role)}, ${used}`)), h("div.acts", {}, revoke));
}

/** @param {string} name @param {string} secret */
function showSecret(name, secret) {
  const copied = h("p.cap", { role: "status" }, "It is shown this once. Send it as Authorization: Bearer.");
  const code = h("code.secret", { tabindex: "0" }, secret);
  const copy = h("button.btn.main", { type: "button", onclick: () => {
    navigator.clipboard.writeText(secret).then(() => setText(copied, "Copied."), () => setText(copied, "Select it and copy it by hand."));
  } }, "Copy");
  openSheet({ title: `Key ${name}`, body: [code, copied, h("div.keys-switch", {}, copy)] });
}
