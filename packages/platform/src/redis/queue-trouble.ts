import type { Redis } from "ioredis";
import { keys } from "../redis-keys.js";

/** Whether the queue's Redis lets jobs be done: null if so, else the reason in the words of `/readyz`. */
export async function queueTrouble(redis: Redis): Promise<string | null> {
  try {
    if ((await redis.ping()) !== "PONG") return "redis no-pong";
    return (await redis.scard(keys.workers)) > 0 ? null : "no-worker";
  } catch {
    return "redis error";
  }
}
