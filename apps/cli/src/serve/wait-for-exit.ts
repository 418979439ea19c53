import { setTimeout as sleep } from "node:timers/promises";

const AT_MOST_MS = 5000;
const EVERY_MS = 50;

/** Waits until processes are gone; not for ever, since another may have the number of one that is. */
export async function gone(pids: readonly number[], atMostMs = AT_MOST_MS): Promise<void> {
  const late = performance.now() + atMostMs;
  while (pids.some(isAlive) && performance.now() < late) await sleep(EVERY_MS);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
