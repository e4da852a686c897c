/**
 * The fold: what the dashboard shows is this function of the events.
 *
 * Twin of core/dashboard.py; the table comes from core/events.json by way of the page's boot
 * data, so both read the same words. No arithmetic, no sorting, no clock.
 */

/** @typedef {Record<string, any>} State sections by name */
/** @typedef {[operation: string, section: string, argument: string | number]} Step */
/** @typedef {Record<string, Step[]>} FoldTable */

/**
 * Return a state with every section present and empty.
 * @param {FoldTable} table
 * @returns {State}
 */
export function emptyState(table) {
  /** @type {State} */
  const state = {};
  for (const steps of Object.values(table)) {
    for (const [operation, section] of steps) {
      if (section) state[section] = operation === "append" ? [] : {};
    }
  }
  return state;
}

/**
 * Return the state after an event; neither argument is changed.
 * @param {FoldTable} table what each event type does
 * @param {State} state
 * @param {string} type an unknown one leaves the state as it is
 * @param {Record<string, any>} data the event's parsed JSON object
 * @returns {State}
 */
export function apply(table, state, type, data) {
  if (!Object.hasOwn(table, type)) return state;
  return table[type].reduce((folded, step) => operate(folded, step, data), state);
}

/**
 * @param {State} state
 * @param {Step} step
 * @param {Record<string, any>} data
 * @returns {State}
 */
function operate(state, [operation, section, argument], data) {
  if (operation === "reset") return { ...data.state };
  const old = state[section];
  switch (operation) {
    case "replace":
      return { ...state, [section]: data };
    case "merge":
      return { ...state, [section]: withoutNull({ ...old, ...data }) };
    case "put":
      return { ...state, [section]: { ...old, [data[argument]]: data } };
    case "remove":
      return { ...state, [section]: without(old, data[argument]) };
    case "append":
      return { ...state, [section]: [...old, data].slice(-argument) };
    default:
      throw new Error(`fold operation "${operation}" is not one of the six`);
  }
}

/** @param {Record<string, any>} record @returns {Record<string, any>} */
function withoutNull(record) {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
}

/** @param {Record<string, any>} record @param {string} key @returns {Record<string, any>} */
function without(record, key) {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== String(key)));
}
