/**
 * What a thin stream tells: one event for all that changed, turned back into ordinary events.
 *
 * Twin of core/changes.py, which says what it looks like. Types and fields are numbered by their
 * place in core/events.json, which comes by way of the page's boot data.
 */

export const CHANGES = "changes";

/** @typedef {Record<string, string[]>} Fields names of each type's fields, types in order */
/** @typedef {[type: string, data: Record<string, any>]} Ordinary */

/**
 * Return the ordinary events that a `changes` event stands for, to be folded in order.
 * @param {Fields} fields
 * @param {import("./fold.js").FoldTable} table
 * @param {import("./fold.js").State} state what the page has before it
 * @param {Record<string, any>} data the event's parsed JSON object
 * @returns {Ordinary[]}
 * @throws {Error} it names a value that the page does not have
 */
export function expand(fields, table, state, data) {
  const types = Object.keys(fields);
  /** @param {number | string} code */
  const typeOf = (code) => (typeof code === "string" ? code : types[code]);
  /** @type {Ordinary[]} */
  const facts = (data.facts ?? []).map((/** @type {[any, any]} */ [code, packed]) => {
    const type = typeOf(code);
    return [type, unpacked(fields[type], packed)];
  });
  /** @type {Ordinary[]} */
  const states = (data.states ?? []).map((/** @type {any[]} */ [code, ...entry]) => {
    const type = typeOf(code);
    return [type, value(fields[type], table[type][0], state, data.at, entry)];
  });
  return [...facts, ...states];
}

/**
 * @param {string[]} names
 * @param {import("./fold.js").Step} step
 * @param {import("./fold.js").State} state
 * @param {number} at
 * @param {any[]} entry
 * @returns {Record<string, any>} the whole value of a state
 */
function value(names, [operation, section], state, at, entry) {
  const keyed = operation === "put";
  const rest = keyed ? entry.slice(1) : entry;
  if (rest.length && rest[0] !== null && typeof rest[0] === "object") return unpacked(names, rest[0]);
  const held = state[section] ?? {};
  const old = keyed ? Object.hasOwn(held, entry[0]) && held[entry[0]] : held;
  if (!old || !Object.keys(old).length) throw new Error(`${section} ${keyed ? entry[0] : ""} changed, but is not known here`);
  /** @type {Record<string, any>} */
  const changed = { at };
  for (let i = 0; i < rest.length; i += 2) {
    const name = names[rest[i]];
    changed[name] = name === "at" ? at - rest[i + 1] : rest[i + 1];
  }
  return { ...old, ...changed };
}

/**
 * @param {string[]} names
 * @param {any} packed values in the order of names, or already an object
 * @returns {Record<string, any>}
 */
function unpacked(names, packed) {
  if (!Array.isArray(packed)) return packed;
  return Object.fromEntries(names.map((name, i) => [name, packed[i]]));
}
