/** Who looks at the page: signing in with a one-time code, the role, signing out. */

/** @typedef {import("./api.js").Api} Api */
/**
 * Why the sign-in view is shown.
 * @typedef {"" | "none" | "bad_code" | "slowed" | "ended" | "left" | "unreachable"} Reason
 */

const CODE = /^#?(?:.*[#&?])?code=([\w.~-]+)/;
/** Why a code was not taken, by status. @type {Record<number, Reason>} */
const REASONS = { 0: "unreachable", 429: "slowed" };
const TRADERS = ["trader", "owner"];

export class Session {
  #api;
  #changed;

  /**
   * @param {Api} api
   * @param {string | null} role what the cookie already gave
   * @param {() => void} changed called when the role or the reason did
   */
  constructor(api, role, changed) {
    this.#api = api;
    this.#changed = changed;
    this.role = role;
    /** @type {Reason} */
    this.reason = "";
    /** The answer of api/me, once asked. @type {Record<string, any> | null} */
    this.me = null;
    this.busy = false;
    api.onDenied = () => this.denied();
  }

  /** Whether commands are for this visitor. */
  get mayTrade() {
    return TRADERS.includes(this.role ?? "");
  }

  /** Use the code in the address, if there is one, and take it out of the address. */
  async begin() {
    const code = readCode(location.hash);
    if (code) history.replaceState(history.state, "", location.pathname + location.search);
    if (code) await this.redeem(code);
    else if (!this.role) this.#set(null, "none");
  }

  /**
   * Exchange a one-time code for a session.
   * @param {string} text the code, or the whole link that carries it
   */
  async redeem(text) {
    this.busy = true;
    this.#changed();
    const known = this.role;
    try {
      const answer = await this.#api.post("api/auth/login", { code: readCode(text) ?? text.trim() });
      this.busy = false;
      this.me = answer;
      this.#set(answer.role, "");
    } catch (error) {
      this.busy = false;
      this.#set(known, known ? "" : REASONS[/** @type {any} */ (error).status] ?? "bad_code");
    }
  }

  /** Ask the server who we are. @returns {Promise<Record<string, any>>} */
  async who() {
    /** @type {Record<string, any>} */
    const me = await this.#api.get("api/me");
    this.me = me;
    return me;
  }

  /** The server no longer knows us. */
  denied() {
    if (this.role || !this.reason) this.#set(null, this.role ? "ended" : "none");
  }

  /** The server told the role anew, at a heartbeat. @param {string | undefined} role */
  heard(role) {
    if (role && role !== this.role) this.#set(role, "");
  }

  /** Sign out here and on the server. */
  async leave() {
    await this.#api.post("api/auth/logout", {});
    this.#set(null, "left");
  }

  /** @param {string | null} role @param {Reason} reason */
  #set(role, reason) {
    this.role = role;
    this.reason = reason;
    if (!role) this.me = null;
    this.#changed();
  }
}

/**
 * Find a one-time code in a link or its fragment.
 * @param {string} text
 * @returns {string | null}
 */
export function readCode(text) {
  return CODE.exec(text.trim())?.[1] ?? null;
}
