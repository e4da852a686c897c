/** What the server wrote into the page: where things are, how to fold, and the first figures. */

/**
 * @typedef {object} Snapshot
 * @property {string} epoch
 * @property {number} seq
 * @property {number} at engine clock, ms
 * @property {import("./fold.js").State} state
 */

/**
 * @typedef {object} Boot
 * @property {string} base path the app lives under, "/" or "/sub/"
 * @property {string} static path of the static tree, ends with "/"
 * @property {string} plotly path of Plotly's script
 * @property {string} version
 * @property {import("./fold.js").FoldTable} fold
 * @property {import("./changes.js").Fields} fields of each event type, types in order
 * @property {Snapshot | null} snapshot null when the visitor is not known yet
 * @property {string | null} role
 * @property {string | null} csrf
 * @property {{update_interval?: number, max_positions?: number}} [trading] what the settings say
 *     otherwise than usual
 * @property {Record<string, any> | null} preferences how this person wishes to see the page, where
 *     not as it comes; null when that is not known
 */

/**
 * Read the boot data of a document.
 * @param {Document} document
 * @returns {Boot}
 * @throws {Error} the page was not served by Quarterdeck
 */
export function readBoot(document) {
  const element = document.getElementById("boot");
  if (!element) throw new Error("The page must carry its boot data, found no #boot element");
  const boot = JSON.parse(element.textContent ?? "");
  // Relative: the server need not know under which path a proxy shows it.
  const pathOf = (/** @type {string} */ link) => new URL(link, document.baseURI).pathname;
  const files = pathOf(boot.static);
  return {
    csrf: null, role: null, snapshot: null, preferences: null, ...boot,
    static: files, plotly: pathOf(boot.plotly), base: basePath(files),
  };
}

/**
 * Return the path the app lives under: what stands before "static/".
 * @param {string} staticPath
 * @returns {string}
 */
export function basePath(staticPath) {
  const at = staticPath.lastIndexOf("static/");
  return at > 0 ? staticPath.slice(0, at) : "/";
}
