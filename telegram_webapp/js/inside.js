/** Whether Telegram shows this page; told without its script, which a plain browser never asks for. */

/**
 * What Telegram puts behind the address of a mini app. Its bridge is no sign: the browser inside
 * Telegram, where a one-time link may be opened, has that too.
 */
const LAUNCHED = /[#&?]tgWebApp(Data|Platform|Version)=/;
/** Where Telegram's own script keeps what it was launched with; ours keeps it there too. */
export const KEPT = "__telegram__initParams";
/** What telegram/guest.js imports, asked for at once and not one after the other. */
const PARTS = ["guest", "ask", "back", "colours", "launch", "native", "palette", "script", "sign_in"];

/** @returns {boolean} */
export function isInside() {
  return LAUNCHED.test(location.hash) || hasKept();
}

/** Have the modules of a guest come at once. @param {string} staticPath */
export function hasten(staticPath) {
  for (const part of PARTS) {
    const href = `${staticPath}js/telegram/${part}.js`;
    document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }));
  }
}

/** A reload may come without the address that Telegram opened. @returns {boolean} */
function hasKept() {
  try {
    return LAUNCHED.test(`#${Object.keys(JSON.parse(sessionStorage.getItem(KEPT) ?? "{}")).join("=&")}=`);
  } catch {
    return false;
  }
}
