/**
 * What Telegram told the page when it opened it, read from the address without Telegram's script.
 *
 * Source: https://core.telegram.org/bots/webapps, https://docs.telegram-mini-apps.com/platform/launch-parameters
 */

import { KEPT } from "../inside.js";

/**
 * @typedef {object} Launch
 * @property {string} initData who opened it, signed; "" where Telegram does not say
 * @property {string} version of the client, like "8.0"
 * @property {string} platform like "ios"
 * @property {Record<string, string>} theme colours by their names in Telegram
 * @property {string} startParam the word of a deep link, or ""
 * @property {{id: number, name: string} | null} user as they call themselves: for greeting only
 */

/** @returns {Launch} */
export function readLaunch() {
  const params = { ...kept(), ...paramsOf(location.hash) };
  keep(params);
  const initData = params.tgWebAppData ?? "";
  const said = new URLSearchParams(initData);
  return {
    initData,
    version: params.tgWebAppVersion ?? "6.0",
    platform: params.tgWebAppPlatform ?? "unknown",
    theme: parsed(params.tgWebAppThemeParams) ?? {},
    startParam: said.get("start_param") ?? params.tgWebAppStartParam ?? "",
    user: personOf(parsed(said.get("user"))),
  };
}

/**
 * Read the parameters behind the hash: Telegram adds its own to whatever stood there.
 * @param {string} hash
 * @returns {Record<string, string>}
 */
export function paramsOf(hash) {
  const text = hash.replace(/^#/, "").replace(/^[^=&]*\?/, "");
  return Object.fromEntries([...new URLSearchParams(text)].filter(([name]) => name.startsWith("tgWebApp")));
}

/** @param {string | null | undefined} json @returns {any} null for what is none */
function parsed(json) {
  try {
    return JSON.parse(json ?? "null");
  } catch {
    return null;
  }
}

/** @param {any} user @returns {Launch["user"]} */
function personOf(user) {
  if (!Number.isSafeInteger(user?.id)) return null;
  return { id: user.id, name: String(user.first_name ?? "") };
}

/** @returns {Record<string, string>} */
function kept() {
  try {
    return parsed(sessionStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
}

/** @param {Record<string, string>} params */
function keep(params) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(params));
  } catch {
    // A frame of another site's page: the address keeps its hash instead (router.js).
  }
}
