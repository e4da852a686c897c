/** The overview below its first screen: what is at risk, what rests, what happened. */

import { mount as mountActivity } from "./activity.js";
import { mount as mountDigest } from "./away_digest.js";
import { mount as mountOrders } from "./orders.js";
import { mount as mountPositions } from "./positions.js";

/**
 * @param {HTMLElement[]} boxes for positions, orders, activity and the digest
 * @param {import("../main.js").App} app
 * @returns {import("../main.js").View[]}
 */
export function mountRest(boxes, app) {
  return [mountPositions, mountOrders, mountActivity, mountDigest].map((part, i) => part(boxes[i], app));
}
