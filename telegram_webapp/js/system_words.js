/** How the machine's figures are read, and what they come to: all is well, or what to do. */

import { UNKNOWN, counted, digits, listed } from "./format.js";
import { ago, day, hourMinute, span, zone } from "./time.js";

/** @typedef {Record<string, any>} System what /api/system answers */
/** @typedef {{tone: "bad" | "warn", text: string, act: string, show: string}} Issue what is wrong, what to do, and the part that tells more */
/** @typedef {{tone: "good" | "warn" | "bad" | "wait", title: string, issues: Issue[]}} Verdict */

const KIB = 1024;
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
const DAY_MS = 86_400_000;
/** From here on a person should look. */
const LIMITS = { diskPct: 90, diskBadPct: 97, memoryPct: 92, cpuPct: 90, lagMs: 250, commitMs: 1000, diskDays: 14 };
export const NAMES = /** @type {Record<string, string>} */ ({ engine: "Engine", web: "Page", bot: "Bot", launcher: "Launcher", tunnel: "Tunnel", database: "Database", redis: "Redis" });
const MENDS = /** @type {Record<string, string>} */ ({
  engine: "The launcher or systemd starts it again; if it does not come back, its log says why.",
  bot: "Trading goes on, nobody is told in Telegram. Its log says why.",
  database: "Figures here are the last known. See that PostgreSQL runs and can be reached.",
  redis: "Pages wait for it. See that Redis runs and can be reached.",
});

/** `184 MiB` @param {number | null | undefined} bytes @returns {string} */
export function size(bytes) {
  if (typeof bytes !== "number") return UNKNOWN;
  let [value, unit] = [Math.abs(bytes), 0];
  while (value >= 999.5 && unit < UNITS.length - 1) [value, unit] = [value / KIB, unit + 1];
  return `${bytes < 0 ? "\u2212" : ""}${digits(value, value < 9.95 && unit > 1 ? 1 : 0)} ${UNITS[unit]}`;
}

/** `12 ms`, `0.4 ms`, `1.3 s` @param {number | null | undefined} ms @returns {string} */
export function millis(ms) {
  if (typeof ms !== "number") return UNKNOWN;
  if (ms >= 1000) return `${digits(ms / 1000, ms < 10_000 ? 1 : 0)} s`;
  return `${digits(ms, ms < 9.95 ? 1 : 0)} ms`;
}

/** @param {number | null | undefined} part @param {number | null | undefined} whole @returns {number | null} in percent */
export function share(part, whole) {
  return typeof part === "number" && whole ? (100 * part) / whole : null;
}

/** `2.4%` @param {number | null | undefined} value @returns {string} */
export const pct = (value) => (typeof value === "number" ? `${digits(value, value < 9.95 ? 1 : 0)}%` : UNKNOWN);

/** `1,204`, or a dash @param {number | null | undefined} value @param {number} [decimals] @returns {string} */
export const count = (value, decimals = 0) => (typeof value === "number" ? digits(value, decimals) : UNKNOWN);

/**
 * When the disk is full, in words.
 * @param {Record<string, any>} machine
 * @param {number} at
 * @returns {string}
 */
export function diskForecast({ disk_full_at: full, disk_note: note, database_bytes_per_day: grows }, at) {
  if (note) return note;
  if (!full) return grows === null ? "Too early to tell when it is full." : "Not within years at this pace.";
  return full - at < 2 * DAY_MS ? `Full in ${span(full - at)} at this pace.` : `Full about ${day(full)} at this pace.`;
}

/** "26s ago", "in 3m", "never" @param {number | null} at @param {number} now @param {string} never */
export function about(at, now, never = UNKNOWN) {
  if (at === null || at === undefined) return never;
  return at > now ? `in ${ago(now - (at - now), now)}` : `${ago(at, now)} ago`;
}

/**
 * What it comes to.
 * @param {System | null} system null before the first answer
 * @param {{failed: string, open: number | null, frozen: string}} around why it did not load, alerts that wait, what is wrong with the page's own way
 * @returns {Verdict}
 */
export function verdictOf(system, { failed, open, frozen }) {
  if (!system) return failed ? { tone: "bad", title: "How things are could not be asked", issues: [issue("bad", failed, "It is asked for again by itself.", "")] } : { tone: "wait", title: "Looking", issues: [] };
  const issues = [...ofEngine(system), ...ofProcesses(system), ...ofFeed(system), ...ofMachine(system), ...ofTimes(system), ...ofPipelines(system)];
  if (frozen || failed) issues.unshift(issue("warn", frozen || failed, "Figures below are those from before.", ""));
  if (open) issues.push(issue("warn", `${counted(open, "alert")} wait${open === 1 ? "s" : ""} for somebody`, "Acknowledge what is seen to.", "alerts"));
  if (!issues.length) return { tone: "good", title: "All is well", issues };
  const bad = issues.filter(({ tone }) => tone === "bad").length;
  return { tone: bad ? "bad" : "warn", title: bad ? `${counted(bad, "thing")} to mend` : `${counted(issues.length, "thing")} to look at`, issues };
}

/** @param {Issue["tone"]} tone @param {string} text @param {string} act @param {string} show @returns {Issue} */
const issue = (tone, text, act, show) => ({ tone, text, act, show });

/** @param {System} system */
function ofEngine({ stale, age_ms: age, at }) {
  return stale ? [issue("bad", `The engine has not answered since ${hourMinute(at)} ${zone.name}, ${span(age)} ago`, MENDS.engine, "logs")] : [];
}

/** @param {System} system */
function ofProcesses({ processes, stale }) {
  return processes.filter((/** @type {any} */ one) => one.status === "away" && !(stale && one.name === "engine"))
    .map((/** @type {any} */ { name, note }) => issue(name === "bot" ? "warn" : "bad", `${NAMES[name] ?? name} is away${note && !/away/.test(note) ? `: ${note}` : ""}`, MENDS[name] ?? "Its log says why.", "logs"));
}

/** @param {System} system */
function ofFeed({ feed, stale }) {
  return feed.status === "stale" && !stale ? [issue("warn", `Market data is ${span(feed.age_ms ?? 0)} old`, "New entries wait until it is fresh.", "latency")] : [];
}

/** @param {System} system */
function ofMachine({ machine, at }) {
  const issues = [];
  const [disk, memory] = [share(machine.disk_used, machine.disk_total), share(machine.memory_used, machine.memory_total)];
  const soon = machine.disk_full_at && machine.disk_full_at - at < LIMITS.diskDays * DAY_MS;
  if (disk !== null && (disk >= LIMITS.diskPct || soon)) issues.push(issue(disk >= LIMITS.diskBadPct ? "bad" : "warn", `The disk is ${pct(disk)} full`, `${diskForecast(machine, at)} Free some, or keep less: retention in the settings.`, "history"));
  if (memory !== null && memory >= LIMITS.memoryPct) issues.push(issue("warn", `${pct(memory)} of the memory is used`, "See which process grows.", "history"));
  if (machine.cpu_pct >= LIMITS.cpuPct) issues.push(issue("warn", `The machine is ${pct(machine.cpu_pct)} busy`, "See which process takes it.", "history"));
  return issues;
}

/** @param {System} system */
function ofTimes({ processes, database }) {
  const slow = processes.filter((/** @type {any} */ { lag }) => lag && lag.p95_ms >= LIMITS.lagMs).map((/** @type {any} */ { name }) => NAMES[name] ?? name);
  const issues = slow.length ? [issue("warn", `${listed(slow)} answer${slow.length === 1 ? "s" : ""} late`, "A loop waits longer than it should: see the CPU.", "latency")] : [];
  if (database.commit_ms && database.commit_ms.p95_ms >= LIMITS.commitMs) issues.push(issue("warn", `A commit takes ${millis(database.commit_ms.p95_ms)}`, "The disk or the database is slow.", "latency"));
  return issues;
}

/** @param {System} system */
function ofPipelines({ pipelines, at, stale }) {
  if (stale) return [];
  return pipelines.filter((/** @type {any} */ { status }) => status === "failed" || status === "late").map((/** @type {any} */ { title, status, error, last_run_at: last }) =>
    issue("warn", `${title} ${status === "failed" ? "failed" : "is late"}${last ? `, last run ${about(last, at)}` : ""}`, error || "It is tried again by itself.", "pipelines"));
}
