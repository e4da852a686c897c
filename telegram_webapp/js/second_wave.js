/** What the page needs only once its first figures are painted: stream, sheets, toasts, keys. */

export { listenKeys } from "./keys.js";
export { Live } from "./live.js";
export { notices } from "./notices.js";
export { Preferences } from "./preferences.js";
export { ask } from "./views/confirm.js";
export { showToast } from "./views/toast.js";
export { Vitals } from "./vitals.js";
