/** The cards of a view in the order in which a person wishes to see them. */

/**
 * @typedef {object} Layout
 * @property {string[]} [order] cards that were moved
 * @property {string[]} [hidden]
 * @property {string[]} [pinned] before all others
 */
/**
 * A card that may be moved, hidden, pinned, among those of its group.
 * @typedef {object} Card
 * @property {string} name
 * @property {string} title
 * @property {string} at how it is found in its view
 * @property {string} [group] what those that stand beside it are called together
 */

/** @param {string} group @param {[name: string, at: string, title: string][]} cards @returns {Card[]} */
const grouped = (group, cards) => cards.map(([name, at, title]) => ({ name, at, title, group }));

/** What may be arranged, in its usual order. @type {Record<string, Card[]>} */
export const CARDS = {
  overview: grouped("", [
    ["hero", ".part-hero", "Equity"], ["figures", ".part-figures", "Figures"], ["prices", ".part-prices", "Prices"],
    ["positions", ".part-positions", "Positions"], ["orders", ".part-orders", "Orders"], ["activity", ".part-activity", "Activity"],
  ]),
  desk: [
    ...grouped("Left", [["hero", ".desk-hero", "Equity"], ["figures", ".desk-figures", "Figures"], ["watch", ".desk-watch", "Prices"]]),
    ...grouped("Middle", [["market", ".desk-market", "Candles"], ["lists", ".desk-lists", "Positions, orders, trades"]]),
    ...grouped("Right", [["outlook", ".desk-outlook", "Signals"], ["comparison", ".desk-comparison", "A/B test"], ["activity", ".desk-activity", "Activity"]]),
  ],
  performance: [
    ...grouped("Top", [["net", ".net-part", "Net P&L"], ["equity", ".net-part + .part", "Equity and drawdown"]]),
    ...grouped("Below", [["breakdowns", ".late > .masonry", "Where it was earned"], ["positions", ".positions-part", "Positions"], ["trades", ".trades-part", "Recent trades"], ["ends", ".ends-part", "More figures, report"]]),
  ],
  market: [
    ...grouped("Beside the chart", [["positions", ".part-positions", "Positions"], ["orders", ".part-orders", "Orders"], ["outlook", ".part-outlook", "Signals"], ["trades", ".part-trades", "Closed trades"]]),
    ...grouped("Chart", [["price", ".quote-now", "Price"], ["candles", ".quote-candles", "Candles"], ["figures", ".quote-figures", "Last 24 hours"]]),
  ],
  enhanced: [
    ...grouped("Left", [["hero", ".en-hero", "Equity"], ["figures", ".en-figures", "Figures"], ["book", ".en-book", "Order book"], ["watch", ".en-watch", "Prices"]]),
    ...grouped("Middle", [["charts", ".en-charts", "Candles"], ["lists", ".en-lists", "Positions, orders, trades"]]),
    ...grouped("Right", [["outlook", ".en-outlook", "Signals"], ["anomalies", ".en-anomalies", "Anomalies"], ["comparison", ".en-comparison", "A/B test"], ["activity", ".en-activity", "Activity"], ["alerts", ".en-alerts", "Alerts"]]),
  ],
};

/**
 * Every card once: pinned ones first, moved ones as they were moved, and one that the layout does
 * not know, since it is newer, after the one that it usually follows.
 * @param {string[]} cards in their usual order
 * @param {Layout} [layout] may name cards that are not there any more
 * @returns {string[]}
 */
export function arranged(cards, { order = [], pinned = [] } = {}) {
  const wished = [...new Set(order)].filter((name) => cards.includes(name));
  cards.forEach((name, i) => {
    if (wished.includes(name)) return;
    const before = cards.slice(0, i).findLast((other) => wished.includes(other));
    wished.splice(before === undefined ? 0 : wished.indexOf(before) + 1, 0, name);
  });
  const first = [...new Set(pinned)].filter((name) => cards.includes(name));
  return [...first, ...wished.filter((name) => !first.includes(name))];
}

/**
 * Put the cards of a view where they are wished to be. Those that share a box change places among
 * themselves; whatever else stands there stays.
 * @param {HTMLElement} root of the view
 * @param {string} view
 * @param {Layout} [layout]
 */
export function arrange(root, view, layout = {}) {
  /** @type {Map<Element, string[]>} */
  const boxes = new Map();
  /** @type {Map<string, Element>} */
  const found = new Map();
  for (const { name, at } of CARDS[view] ?? []) {
    const el = root.querySelector(at);
    if (!el?.parentElement) continue;
    found.set(name, el);
    el.toggleAttribute("data-off", Boolean(layout.hidden?.includes(name)));
    boxes.set(el.parentElement, [...(boxes.get(el.parentElement) ?? []), name]);
  }
  for (const names of boxes.values()) place(found, names, arranged(names, layout));
}

/** @param {Map<string, Element>} found @param {string[]} usual @param {string[]} wished */
function place(found, usual, wished) {
  const elements = usual.map((name) => /** @type {Element} */ (found.get(name)));
  // As they stand, which may differ from the usual order: they were arranged before.
  const standing = [...elements].sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  if (standing.every((el, i) => el === found.get(wished[i]))) return;
  const places = standing.map((el) => {
    const mark = document.createComment("");
    el.before(mark);
    return mark;
  });
  places.forEach((mark, i) => mark.replaceWith(/** @type {Element} */ (found.get(wished[i]))));
}
