/** Equity over time: a past asked for once, lengthened by what the state carries. */

/** @typedef {[at: number, equity: number]} Point */

const GAP_MS = 10 * 60_000;
const MOST_ADDED = 400;

export class EquitySeries {
  /** Oldest first. @type {Point[]} */
  points = [];
  #added = 0;

  /** Start over with a past. @param {Point[]} points oldest first */
  load(points) {
    this.points = points.slice();
    this.#added = 0;
  }

  /**
   * Add the points that are newer than ours.
   * @param {{at: number, equity: number}[]} recent of the state, oldest first
   * @returns {boolean} false when the past must be asked for again: there is a hole, the clock
   *     was set back, or too much was added to what had been thinned out
   */
  extend(recent) {
    const last = this.points.at(-1)?.[0] ?? -Infinity;
    const newest = recent.at(-1)?.at ?? last;
    if (newest < last - GAP_MS) return false;
    const fresh = recent.filter((point) => point.at > last);
    for (const point of fresh) this.points.push([point.at, point.equity]);
    this.#added += fresh.length;
    const hole = fresh.length === recent.length && fresh.length > 0 && fresh[0].at - last > GAP_MS;
    return !hole && this.#added <= MOST_ADDED;
  }

  /**
   * The points since a time.
   * @param {number} since ms
   * @returns {Point[]}
   */
  since(since) {
    const first = this.points.findIndex(([at]) => at >= since);
    return first < 0 ? [] : this.points.slice(first);
  }
}

/**
 * The value at a time, between its neighbours.
 * @param {Point[]} points oldest first, at least one
 * @param {number} at ms
 * @returns {number}
 */
export function valueAt(points, at) {
  let low = 0;
  let high = points.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] < at) low = middle + 1;
    else high = middle;
  }
  const [t1, y1] = points[low];
  if (!low || t1 <= at) return y1;
  const [t0, y0] = points[low - 1];
  return y0 + ((y1 - y0) * (at - t0)) / (t1 - t0);
}
