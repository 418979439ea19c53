import type { Redis } from "ioredis";
import { keys } from "../redis-keys.js";

/** The reason why the queue's Redis cannot run jobs, in the words of `/readyz`; null if it can. */
export async function queueProblem(redis: Redis): Promise<string | null> {
  try {
    if ((await redis.ping()) !== "PONG") return "redis no-pong";
    return (await redis.scard(keys.workers)) > 0 ? null : "no-worker";
  } catch {
    return "redis error";
  }
}
