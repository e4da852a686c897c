/** Signing in: why it is asked, how to get a link, and a field for a code that was copied. */

import { h, setAttr, setText } from "../dom.js";
import { mark } from "../icons.js";

/** Those of a browser; Telegram has a door of its own. @type {Record<string, [title: string, text: string]>} */
const WORDS = {
  "": ["Signing in", "One moment."],
  none: ["Sign in", "This dashboard shows its figures only to those who hold a link to it."],
  bad_code: ["That link is used up", "A link signs in once and not for long. Get a new one."],
  slowed: ["Too many tries", "Wait a minute, then use the link again. It was not used up."],
  https_needed: ["Not over plain http", "From outside, links are taken over https only: open the page by its https address. This one was readable on its way, so get a new one."],
  ended: ["You are signed out", "The session has ended or was revoked. Get a new link to come back."],
  left: ["You are signed out", "Nothing of the account stays on this device."],
  unreachable: ["Quarterdeck did not answer", "The link was not used. Try it again when the server is up."],
};

/** @param {HTMLElement} root @param {import("../main.js").App} app @returns {import("../main.js").View} */
export function mount(root, app) {
  const title = h("h1");
  const text = h("p");
  const input = h("input", { name: "code", autocomplete: "one-time-code", autocapitalize: "off", spellcheck: "false", required: true });
  const button = h("button.btn.main", { type: "submit" }, "Sign in");
  const form = h("form", {}, h("label.field", {}, h("span", {}, "Link or code"), input), button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void app.session.redeem(/** @type {HTMLInputElement} */ (input).value);
  });
  root.append(h("section.signin", {}, mark(), h("div", { role: "status" }, title, text),
    h("ol", {},
      h("li", {}, "On the machine that runs Quarterdeck, in its folder:", h("code", {}, "python run_dashboard.py login")),
      h("li", {}, "Open the link that it prints, or paste it here.")),
    form));

  return {
    update() {
      const { reason, busy } = app.session;
      const [head, words] = WORDS[busy ? "" : reason || "none"] ?? WORDS.none;
      setText(title, head);
      setText(text, words);
      /** @type {HTMLButtonElement} */ (button).disabled = busy;
      setText(button, busy ? "Signing in" : "Sign in");
      setAttr(input, "aria-invalid", reason === "bad_code" ? "true" : null);
    },
    unmount() {},
  };
}
