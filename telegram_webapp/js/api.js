/** Requests to the server, with its errors as one kind of Error. */

/** An answer that is not a success, or none at all (status 0). */
export class ApiError extends Error {
  /** @param {number} status @param {{code?: string, title?: string, detail?: string}} problem with members of its own */
  constructor(status, problem) {
    super(problem.detail || problem.title || `The server answered ${status}`);
    this.status = status;
    this.code = problem.code || (status ? `http_${status}` : "unreachable");
    this.title = problem.title || "";
    this.detail = problem.detail || "";
    this.problem = problem;
  }
}

const UNREACHABLE = { code: "unreachable", title: "No answer", detail: "Quarterdeck could not be reached." };
const TIMEOUT_MS = 15000;

export class Api {
  #base;
  #csrf;
  /** Short-lived token of visitors whose browser keeps no cookie. @type {string | null} */
  token = null;
  /** Whether the credential is this page's own, so that no other tab can read for it. */
  alone = false;
  /** Called when the server no longer knows the visitor. @type {() => void} */
  onDenied = () => {};
  /** Asked for a new credential before that; says whether there is one. @type {() => Promise<boolean>} */
  renew = () => Promise.resolve(false);

  /** Hands a file on where a link cannot save it. @type {((path: string, params: Record<string, any>, name: string) => Promise<void>) | null} */
  deliver = null;

  /** @param {{base: string, csrf: string | null}} boot */
  constructor(boot) {
    this.#base = boot.base;
    this.#csrf = boot.csrf;
  }

  /**
   * The address of a path below the base.
   * @param {string} path like "api/trades"
   * @param {Record<string, any>} [params] null and "" are left out
   * @returns {string}
   */
  url(path, params = {}) {
    const kept = Object.entries(params).filter(([, value]) => value !== null && value !== undefined && value !== "");
    const query = new URLSearchParams(kept.map(([key, value]) => [key, String(value)])).toString();
    return this.#base + path + (query ? `?${query}` : "");
  }

  /** Headers every request carries. @returns {Record<string, string>} */
  headers() {
    /** @type {Record<string, string>} */
    const headers = { "ngrok-skip-browser-warning": "1" };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    return headers;
  }

  /**
   * Get JSON.
   * @param {string} path
   * @param {Record<string, any>} [params]
   * @returns {Promise<any>}
   * @throws {ApiError}
   */
  async get(path, params) {
    return (await this.#fetch(this.url(path, params), {})).json();
  }

  /**
   * Post JSON and get JSON.
   * @param {string} path
   * @param {any} body
   * @returns {Promise<any>}
   * @throws {ApiError}
   */
  post(path, body) {
    return this.#send("POST", path, body);
  }

  /**
   * Put JSON and get JSON.
   * @param {string} path
   * @param {any} body
   * @returns {Promise<any>}
   * @throws {ApiError}
   */
  put(path, body) {
    return this.#send("PUT", path, body);
  }

  /**
   * Have something removed.
   * @param {string} path
   * @returns {Promise<any>}
   * @throws {ApiError}
   */
  remove(path) {
    return this.#send("DELETE", path, {});
  }

  /** @param {string} method @param {string} path @param {any} body @returns {Promise<any>} */
  async #send(method, path, body) {
    /** @type {Record<string, string>} */
    const headers = { "Content-Type": "application/json" };
    if (this.#csrf) headers["X-CSRF-Token"] = this.#csrf;
    const answer = await this.#fetch(this.url(path), { method, headers, body: JSON.stringify(body) });
    return answer.status === 204 ? null : answer.json();
  }

  /**
   * Save what a path answers as a file.
   * @param {string} path
   * @param {Record<string, any>} params
   * @param {string} name of the file
   * @throws {ApiError}
   */
  async download(path, params, name) {
    if (this.deliver) return this.deliver(path, params, name);
    const blob = await (await this.#fetch(this.url(path, params), {})).blob();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    return undefined;
  }

  /**
   * @param {string} url
   * @param {RequestInit} init
   * @param {boolean} [again] whether this is the second try
   * @returns {Promise<Response>}
   */
  async #fetch(url, init, again = false) {
    const sent = this.token;
    let answer;
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      answer = await fetch(url, { ...init, signal, headers: { ...this.headers(), ...init.headers } });
    } catch {
      throw new ApiError(0, UNREACHABLE);
    }
    if (answer.ok) return answer;
    if (answer.status === 401 && !/auth\/(login|telegram)/.test(url)) {
      if (!again && ((this.token && this.token !== sent) || await this.renew())) return this.#fetch(url, init, true);
      this.onDenied();
    }
    throw new ApiError(answer.status, await problemOf(answer));
  }
}

/** @param {Response} answer @returns {Promise<{code?: string, title?: string, detail?: string}>} */
async function problemOf(answer) {
  if (!answer.headers.get("Content-Type")?.includes("json")) return {};
  return answer.json().catch(() => ({}));
}
