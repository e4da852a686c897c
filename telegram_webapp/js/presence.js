/** Whether the page is looked at; a stream is read only while it is. */

const GRACE_MS = 4000;
/** Whether the program around the page put it away; a web view may not notice. */
let isAway = false;
/** Whether it must go on reading behind other pages. */
let isAwake = false;
/** @type {Set<() => void>} */
const watchers = new Set();

/** The program around the page put it away, or brought it back. @param {boolean} away */
export function putAway(away) {
  isAway = away;
  for (const look of watchers) look();
}

/** Go on reading while nobody looks, or not any more. @param {boolean} keep */
export function keepAwake(keep) {
  isAwake = keep;
  for (const look of watchers) look();
}

/**
 * Call *show* when the page is looked at and *hide* a little after it is not any more.
 * @param {{show: () => void, hide: () => void, wake: () => void, graceMs?: number}} on
 *     `wake`: the network or the page came back, so whoever waits need not
 */
export function watchPresence({ show, hide, wake, graceMs = GRACE_MS }) {
  let timer = 0;
  const look = () => {
    clearTimeout(timer);
    if (isAway) hide();
    else if (document.hidden && !isAwake) timer = setTimeout(hide, graceMs);
    else show();
  };
  watchers.add(() => { look(); if (!isAway) wake(); });
  document.addEventListener("visibilitychange", look);
  addEventListener("pageshow", () => { look(); wake(); });
  addEventListener("pagehide", hide);
  addEventListener("online", wake);
  look();
}
