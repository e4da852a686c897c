/** Whether the page is looked at; a stream is read only while it is. */

const GRACE_MS = 4000;

/**
 * Call *show* when the page is looked at and *hide* a little after it is not any more.
 * @param {{show: () => void, hide: () => void, wake: () => void, graceMs?: number}} on
 *     `wake`: the network or the page came back, so whoever waits need not
 */
export function watchPresence({ show, hide, wake, graceMs = GRACE_MS }) {
  let timer = 0;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(hide, graceMs);
    else show();
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("pageshow", () => { look(); wake(); });
  addEventListener("pagehide", hide);
  addEventListener("online", wake);
  look();
}
