import { openRedis, queueTrouble, REDIS_TIMEOUT_MS } from "@trainer/platform/redis";
import type { Probe } from "./routes/health.js";

/** Asks the queue's Redis whether jobs can be done. */
export function redisProbe(url: string): Probe & Disposable {
  const redis = openRedis(url, { commandTimeoutMs: REDIS_TIMEOUT_MS });
  return { trouble: () => queueTrouble(redis), [Symbol.dispose]: () => redis.disconnect() };
}
