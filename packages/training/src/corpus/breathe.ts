import { setImmediate } from "node:timers/promises";

const EVERY_MS = 20;
let last = 0;

/** Lets timers, signals and other work run during a long loop that waits for nothing else. */
export async function breathe(): Promise<void> {
  if (performance.now() - last < EVERY_MS) return;
  await setImmediate();
  last = performance.now();
}
