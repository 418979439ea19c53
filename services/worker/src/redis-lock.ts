import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { RELEASE } from "./leadership.js";

/**
 * Does `body` while nobody else does what has the same lock; nothing where another is at it. The lock runs out by itself,
 * so that a process that dies blocks the others no longer; what is another's by then stays.
 */
export async function withLock(redis: Redis, key: string, seconds: number, body: () => Promise<void>): Promise<void> {
  const token = randomUUID();
  if ((await redis.set(key, token, "EX", seconds, "NX")) === null) return;
  try {
    await body();
  } finally {
    await redis.eval(RELEASE, 1, key, token);
  }
}
