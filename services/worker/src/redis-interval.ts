import type { Redis } from "ioredis";

const DUE = `
if redis.call("PTTL", KEYS[1]) > tonumber(ARGV[2]) then return 0 end
redis.call("SET", KEYS[1], "1", "PX", ARGV[1])
return 1`;

/** Part of the interval by which who did something last may be early the next time. */
const EARLY = 0.1;

/**
 * True if what all do now and again, and one for all, is due; then it counts as done.
 * @param freshMs after how long it is due already, where that is sooner than after the interval
 */
export async function isDue(redis: Redis, key: string, everyMs: number, freshMs = everyMs): Promise<boolean> {
  const left = Math.max(everyMs * EARLY, everyMs - freshMs);
  return (await redis.eval(DUE, 1, key, Math.ceil(everyMs), Math.floor(left))) === 1;
}
