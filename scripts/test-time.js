// Time that the checks take: estimated from the last run, shown while they run.
import { at } from "./paths.js";
import { read, writeWhole } from "./stamp.js";

const TIMES = at("build", "test", "seconds.json");
const TOLD_EVERY_MS = 60_000;

/**
 * Seconds by check; a file that is not there, or is damaged, tells nothing.
 * @returns {Record<string, number>}
 */
export function readTimes(file = TIMES) {
  try {
    /** @type {unknown} */
    const times = JSON.parse(read(file) ?? "{}");
    return Object.fromEntries(Object.entries(Object(times)).filter(([, seconds]) => Number.isFinite(seconds)));
  } catch {
    return {};
  }
}

/** @param {Record<string, number>} times */
export const writeTimes = (times, file = TIMES) => writeWhole(file, JSON.stringify(times));

/**
 * Does something, and meanwhile tells now and then for how many seconds it has been at it.
 * @template T
 * @param {(seconds: number) => void} tell
 * @param {() => T | Promise<T>} body
 * @returns {Promise<T>}
 */
export async function whileRunning(tell, body, everyMs = TOLD_EVERY_MS) {
  const started = performance.now();
  const timer = setInterval(() => tell((performance.now() - started) / 1000), everyMs);
  try {
    return await body();
  } finally {
    clearInterval(timer);
  }
}

/**
 * @param {string} name
 * @param {number} seconds
 * @param {number | undefined} before how long it took the last time
 */
export const said = (name, seconds, before) =>
  `   ${name}: ${minutes(seconds)}${before === undefined ? "" : ` of about ${minutes(before)}`}`;

/** @param {number} seconds */
export function minutes(seconds) {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
