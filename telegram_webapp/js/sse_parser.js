/**
 * Server-Sent Events out of bytes that may be cut anywhere.
 *
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */

/**
 * @typedef {object} SseEvent
 * @property {string} type "message" when the frame names none
 * @property {string} data lines joined by "\n"
 * @property {string | undefined} id only what this frame itself carries
 */

export class SseParser {
  #onEvent;
  #onRetry;
  #decoder = new TextDecoder();
  #rest = "";
  #afterCr = false;
  #type = "";
  /** @type {string[]} */
  #data = [];
  /** @type {string | undefined} */
  #id = undefined;

  /**
   * @param {(event: SseEvent) => void} onEvent
   * @param {(ms: number) => void} [onRetry] the server's wish for the time before a reconnection
   */
  constructor(onEvent, onRetry = () => {}) {
    this.#onEvent = onEvent;
    this.#onRetry = onRetry;
  }

  /**
   * Take the next bytes of the body; whole frames are told at once, the rest is kept.
   * A frame that the body's end cuts off is never told.
   * @param {Uint8Array} bytes
   */
  feed(bytes) {
    let text = this.#decoder.decode(bytes, { stream: true });
    if (!text) return;
    if (this.#afterCr && text.startsWith("\n")) text = text.slice(1);
    this.#afterCr = text ? text.endsWith("\r") : false;
    const lines = (this.#rest + text).split(/\r\n|\r|\n/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
  }

  /** @param {string} line */
  #line(line) {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    return this.#field(field, value);
  }

  /** @param {string} field @param {string} value */
  #field(field, value) {
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#type = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.#onRetry(Number(value));
  }

  #dispatch() {
    const event = { type: this.#type || "message", data: this.#data.join("\n"), id: this.#id };
    const complete = this.#data.length > 0;
    this.#type = "";
    this.#data = [];
    this.#id = undefined;
    if (complete) this.#onEvent(event);
  }
}
