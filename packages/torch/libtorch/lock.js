import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { progress, say } from "./say.js";

/**
 * Runs the body while no other process holds the same lock file. A lock whose owner has died on this machine is taken
 * over, so a killed set-up never blocks the next one.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} body
 * @returns {Promise<T>}
 */
export async function locked(path, body) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!take(path)) {
    const owner = ownerOf(path);
    if (owner === null || !alive(owner)) {
      rmSync(path, { force: true });
      continue;
    }
    if (!told) say(`… another set-up (process ${owner.pid} on ${owner.host}) is at it; waiting. Its lock: ${path}`);
    told = true;
    progress(`… waiting for process ${owner.pid}`);
    await sleep(500);
  }
  const release = () => rmSync(path, { force: true });
  process.once("exit", release);
  try {
    return await body();
  } finally {
    process.off("exit", release);
    release();
  }
}

/** @param {string} path */
function take(path) {
  try {
    writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/**
 * @param {string} path
 * @returns {{ pid: number, host: string } | null} null: it is gone, or its writer died before it wrote
 */
function ownerOf(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

/** @param {{ pid: number, host: string }} owner */
function alive({ pid, host }) {
  if (host !== hostname()) return true; // a shared home: only its own machine can tell
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
