/** Signing in by what Telegram vouches for: exchanged for a token that lives in this page's memory. */

/** @typedef {import("../api.js").Api} Api */
/** @typedef {import("../api.js").ApiError} ApiError */

const PATH = "api/auth/telegram";
/** A token is exchanged this long before it ends, and never more often than this. */
const [EARLY_MS, SELDOM_MS] = [60_000, 300_000];
/** What passes by itself is tried again after this long, at first and at most. */
const [FIRST_MS, CAP_MS] = [2_000, 30_000];
const PASSING = [0, 429, 500, 502, 503, 504];

export class SignIn {
  #api;
  #initData;
  #answeredAt = -Infinity;
  #timer = 0;

  /** @param {Api} api @param {string} initData */
  constructor(api, initData) {
    this.#api = api;
    this.#initData = initData;
  }

  /**
   * Exchange what Telegram said for a token, and use it from now on.
   * @param {boolean} patient whether to try again until there is a real answer
   * @returns {Promise<Record<string, any>>} who we are
   * @throws {ApiError} we are not let in
   */
  async enter(patient) {
    // A server that grants a token and then does not know it must not be asked without pause.
    await sleep(this.#answeredAt + FIRST_MS - performance.now());
    for (let wait = FIRST_MS; ; wait = Math.min(CAP_MS, wait * 2)) {
      try {
        const { token, ...me } = await this.#api.post(PATH, { init_data: this.#initData });
        this.#api.token = token;
        this.#answeredAt = performance.now();
        return me;
      } catch (error) {
        const { status, code } = /** @type {ApiError} */ (error);
        if (!patient || !PASSING.includes(status) || code === "telegram_off") throw error;
        await sleep(wait * (0.5 + Math.random() / 2));
      }
    }
  }

  /**
   * Call *renew* shortly before a session ends.
   * @param {number | null} expiresAt server's clock, ms
   * @param {() => void} renew
   */
  schedule(expiresAt, renew) {
    clearTimeout(this.#timer);
    if (expiresAt) this.#timer = setTimeout(renew, Math.max(SELDOM_MS, expiresAt - Date.now() - EARLY_MS));
  }

  /** Keep nothing. */
  forget() {
    clearTimeout(this.#timer);
    this.#api.token = null;
  }
}

/** @param {number} ms @returns {Promise<void>} */
function sleep(ms) {
  return new Promise((resolve) => { setTimeout(resolve, Math.max(0, ms)); });
}
