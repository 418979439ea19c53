import { openRedis, queueTrouble, REDIS_TIMEOUT_MS } from "@trainer/platform/redis";
import type { Probe } from "./routes/health.js";

/** Checks that the queue's Redis can run jobs. */
export function redisProbe(url: string): Probe & Disposable {
  const redis = openRedis(url, { commandTimeoutMs: REDIS_TIMEOUT_MS });
  return { trouble: () => queueTrouble(redis), [Symbol.dispose]: () => redis.disconnect() };
}
