/** Wishes: asked, shown back by the engine with amounts, confirmed, answered. */

import { ApiError } from "./api.js";

const PATH = "api/commands";

/**
 * What the engine says it would do.
 * @typedef {object} Intent
 * @property {string} intent_id
 * @property {string} command
 * @property {string} title
 * @property {string} summary
 * @property {{label: string, value: number | string | null, tone: string, text: string}[]} lines
 * @property {number} valid_s
 * @property {string} act_label
 * @property {string} badge
 */
/** @typedef {{ok: boolean, title: string, detail: string}} Result */

/** One wish: a sheet holds one, so that pressing twice does it once. */
export class Wish {
  #api;
  #askKey = "";
  #confirmKey = "";
  /** @type {Promise<Result> | null} */
  #confirming = null;

  /**
   * @param {import("./api.js").Api} api
   * @param {string} command
   * @param {Record<string, any>} args
   */
  constructor(api, command, args) {
    this.#api = api;
    this.command = command;
    this.args = args;
    /** @type {Intent | null} */
    this.intent = null;
  }

  /**
   * Ask what it would do; nothing is done yet.
   * @returns {Promise<Intent>}
   * @throws {ApiError}
   */
  async ask() {
    this.#askKey = randomKey();
    this.#confirmKey = randomKey();
    this.#confirming = null;
    const body = { command: this.command, args: this.args, idempotency_key: this.#askKey };
    const { intent } = await this.#api.post(PATH, body);
    this.intent = intent;
    return intent;
  }

  /**
   * Do it. Pressed twice, or again after a lost answer, it is still done once.
   * @returns {Promise<Result>}
   * @throws {ApiError}
   */
  confirm() {
    this.#confirming ??= this.#confirm();
    return this.#confirming;
  }

  /** @returns {Promise<Result>} */
  async #confirm() {
    try {
      const body = { confirm: this.intent?.intent_id, idempotency_key: this.#confirmKey };
      return (await this.#api.post(PATH, body)).result;
    } catch (error) {
      this.#confirming = null;
      throw error;
    }
  }
}

/**
 * Stop at once, without a second step: pause, and cancel what rests to open a position.
 * @param {import("./api.js").Api} api
 * @param {string} [key] of the same wish, whose answer was lost
 * @returns {{key: string, result: Promise<Result>}} the result rejects with an ApiError
 */
export function stopNow(api, key = "") {
  const own = key || randomKey();
  return { key: own, result: api.post(PATH, { command: "stop", args: {}, idempotency_key: own }).then((answer) => answer.result) };
}

/** Not randomUUID, which plain http on a home network lacks. @returns {string} */
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What a person is told was not done. @type {Record<string, (subject: string) => string>} */
const NOT_DONE = {
  close_position: (subject) => `${subject} was not closed`,
  close_all: () => "Positions were not closed",
  cancel_order: (subject) => `${subject} was not cancelled`,
  move_order: (subject) => `${subject} was not moved`,
  pause: () => "Trading was not paused",
  resume: () => "Trading was not resumed",
  stop: () => "Trading was not stopped",
  retry_market: () => "The exchange was not tried",
  symbols: () => "The symbols stay as they are",
};

/**
 * Say what did not happen, and why.
 * @param {string} command
 * @param {string} subject what the command was about, like "BTC"
 * @param {unknown} error
 * @returns {{title: string, detail: string}}
 */
export function refusal(command, subject, error) {
  const title = NOT_DONE[command]?.(subject) ?? "That was not done";
  if (!(error instanceof ApiError)) return { title, detail: String(error) };
  return { title, detail: error.detail || error.title || `The server answered ${error.status}.` };
}
