/** The few verbs with which views touch the document; text is always set as text. */

/** What every text passes before it is shown; display.js changes it for those who wish so. */
export const lens = {
  /** @param {string} text @returns {string} */
  read: (text) => text,
};

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * Make an element.
 * @param {string} tag name and classes, like "div.card.fig"
 * @param {Record<string, any>} [props] attributes; `on*` are listeners, true means present,
 *     null and false absent
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) setProp(element, key, value);
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) element.append(child instanceof Node ? child : lens.read(String(child)));
  }
  return element;
}

/** @param {HTMLElement} element @param {string} key @param {any} value */
function setProp(element, key, value) {
  if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
  else if (value === true) element.setAttribute(key, "");
  else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, String(value));
}

/**
 * Set the text of a node only if it differs.
 * @param {Node} node
 * @param {string} text
 * @returns {boolean} whether it did
 */
export function setText(node, text) {
  const read = lens.read(text);
  if (node.textContent === read) return false;
  node.textContent = read;
  return true;
}

/**
 * Set or remove an attribute only if it differs.
 * @param {Element} element
 * @param {string} name
 * @param {string | null} value
 */
export function setAttr(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** A figure that moves all the time flashes no more often than this: the surface stays calm. */
const CALM_MS = 2000;

/** @type {WeakMap<Element, {value: number, flashedAt: number}>} */
const shown = new WeakMap();

/**
 * Show a live figure and let it flash when it changed: a wash that never moves it.
 * @param {HTMLElement} element
 * @param {number} value what decides the direction
 * @param {string} text what is read
 */
export function setFigure(element, value, text) {
  const before = shown.get(element);
  const now = performance.now();
  const due = setText(element, text) && before && before.value !== value && now - before.flashedAt > CALM_MS;
  shown.set(element, { value, flashedAt: due ? now : before?.flashedAt ?? -CALM_MS });
  if (due) flash(element, value > before.value ? "up" : "down");
}

/** @param {HTMLElement} element @param {"up" | "down"} way */
function flash(element, way) {
  element.classList.add("fl");
  element.classList.remove("up", "down");
  requestAnimationFrame(() => element.classList.add(way));
}

/**
 * @template T
 * @typedef {{el: HTMLElement, update: (item: T) => void}} Row
 */

/**
 * Keep the children of *root* in step with a list: rows are made, moved, updated, dropped.
 * @template T
 * @param {HTMLElement} root
 * @param {{key: (item: T) => string, create: (item: T) => Row<T>}} how
 * @returns {(items: T[]) => void}
 */
export function keyedList(root, how) {
  /** @type {Map<string, Row<T>>} */
  let rows = new Map();
  return (items) => {
    /** @type {Map<string, Row<T>>} */
    const next = new Map();
    let place = root.firstElementChild;
    for (const item of items) {
      const key = how.key(item);
      const row = rows.get(key) ?? how.create(item);
      row.update(item);
      next.set(key, row);
      if (row.el === place) place = place.nextElementSibling;
      else root.insertBefore(row.el, place);
    }
    for (const [key, row] of rows) if (!next.has(key)) row.el.remove();
    rows = next;
  };
}
