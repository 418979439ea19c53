import { statSync } from "node:fs";
import { utimes } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { TrainingError } from "../errors.js";
import { isHeld, removeStale, FileLock } from "./file-lock.js";

const POLL_MS = 100;
/** Heartbeat of a holder; another host takes a lock for abandoned after some of these without one. */
const ALIVE_MS = 10_000;
const ABANDONED_MS = 60_000;

/** Takes a lock, and renews its heartbeat every `aliveMs`; null if another process holds it. */
export function takeLock(path: string, aliveMs: number = ALIVE_MS): Disposable | null {
  try {
    return kept(new FileLock(path, path), path, aliveMs);
  } catch (error) {
    if (error instanceof TrainingError) return null;
    throw error;
  }
}

/**
 * Takes a lock as soon as nobody holds it. Whether a holder on another host lives is seen by its touching the file: one
 * that has not for a minute loses it.
 */
export async function waitForLock(
  path: string,
  signal: AbortSignal | undefined,
  abandonedMs: number = ABANDONED_MS,
): Promise<Disposable> {
  let seen = { touched: touched(path), at: performance.now() };
  for (;;) {
    signal?.throwIfAborted();
    const lock = takeLock(path);
    if (lock !== null) return lock;
    const now = touched(path);
    if (now !== seen.touched) seen = { touched: now, at: performance.now() };
    else if (performance.now() - seen.at >= abandonedMs) {
      removeStale(path, (at) => isHeld(at, Infinity) || touched(at) !== now);
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

function kept(lock: Disposable, path: string, aliveMs: number): Disposable {
  const alive = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {}); // taken over: its new holder knows
  }, aliveMs).unref();
  return {
    [Symbol.dispose]() {
      clearInterval(alive);
      lock[Symbol.dispose]();
    },
  };
}

const touched = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
