/** Who looks at the page: signing in with a one-time code or by Telegram, the role, signing out. */

/** @typedef {import("./api.js").Api} Api */
/**
 * Why the sign-in view is shown.
 * @typedef {"" | "none" | "bad_code" | "slowed" | "ended" | "left" | "unreachable" | "https_needed"
 *     | "unknown_user" | "blocked_user" | "bad_init_data" | "telegram_off" | "refused"} Reason
 */
/**
 * A way in that asks nobody; see telegram/sign_in.js.
 * @typedef {object} Door
 * @property {(patient: boolean) => Promise<Record<string, any>>} enter
 * @property {() => void} forget
 */

const CODE = /^#?(?:.*[#&?])?code=([\w.~-]+)/;
/** Why a code was not taken, by the problem's word. @type {Record<string, Reason>} */
const REASONS = { unreachable: "unreachable", too_many: "slowed", https_needed: "https_needed" };
/** What a door says no with, in its own words. @type {Reason[]} */
const REFUSALS = ["unknown_user", "blocked_user", "bad_init_data", "telegram_off"];
const TRADERS = ["trader", "owner"];

export class Session {
  #api;
  #changed;
  /** @type {Promise<boolean> | null} */
  #entering = null;

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
    /** Whether the engine only shows an account, so that there is nothing to command. */
    this.watching = false;
    /** @type {Door | null} */
    this.door = null;
    /** What the door said when it stayed shut. @type {Record<string, any>} */
    this.problem = {};
    api.onDenied = () => this.denied();
    api.renew = () => (this.role ? this.enter() : Promise.resolve(false));
  }

  /** Whether commands are for this visitor. */
  get mayTrade() {
    return TRADERS.includes(this.role ?? "") && !this.watching;
  }

  /** Whether the page has nothing to show. Who Telegram vouches for is taken for in until the answer. */
  get isShut() {
    return !this.role && !(this.#api.alone && this.reason === "");
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
      this.#set(known, known ? "" : REASONS[/** @type {any} */ (error).code] ?? "bad_code");
    }
  }

  /**
   * Go in by the door, where there is one; several who ask at once share one answer.
   * @param {boolean} [quiet] whether what holds now holds on meanwhile, and if the door stays shut
   * @returns {Promise<boolean>} whether we are in
   */
  enter(quiet = false) {
    if (!this.door) return Promise.resolve(false);
    this.#entering ??= this.#enter(this.door, quiet).finally(() => { this.#entering = null; });
    return this.#entering;
  }

  /** There is no way in from here. @param {Reason} reason */
  shut(reason) {
    this.#set(null, reason);
  }

  /** @param {Door} door @param {boolean} quiet @returns {Promise<boolean>} */
  async #enter(door, quiet) {
    const known = this.role;
    this.busy = !quiet;
    if (!quiet) this.#changed();
    try {
      this.me = await door.enter(!quiet && Boolean(known));
      this.busy = false;
      this.#set(this.me.role, "");
      return true;
    } catch (error) {
      this.busy = false;
      this.problem = /** @type {any} */ (error).problem ?? {};
      if (quiet && known) return false;
      this.#set(null, doorReason(/** @type {any} */ (error), this.reason));
      return false;
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
    if (this.role && this.door) return void this.enter();
    if (this.role || !this.reason) this.#set(null, this.role ? "ended" : "none");
    return undefined;
  }

  /** The server told the role anew, at a heartbeat. @param {string | undefined} role */
  heard(role) {
    if (role && role !== this.role) this.#set(role, "");
  }

  /** Sign out here and on the server. */
  async leave() {
    await this.#api.post("api/auth/logout", {});
    this.door?.forget();
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
 * Why a door stays shut; while it is asked again and again, a slow answer changes nothing.
 * @param {{status: number, code: string}} error
 * @param {Reason} before
 * @returns {Reason}
 */
function doorReason({ status, code }, before) {
  const refusal = REFUSALS.find((word) => word === code);
  if (refusal) return refusal;
  if (REFUSALS.includes(before)) return before;
  if (status === 401) return "bad_init_data";
  return REASONS[status] ?? (status >= 500 ? "unreachable" : "refused");
}

/**
 * Find a one-time code in a link or its fragment.
 * @param {string} text
 * @returns {string | null}
 */
export function readCode(text) {
  return CODE.exec(text.trim())?.[1] ?? null;
}
