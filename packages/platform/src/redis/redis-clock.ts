import type { Redis } from "ioredis";

/** Redis's time in ms since 1970: the one clock that all parts of a system share, however their own are set. */
export async function redisTime(redis: Redis): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1000 + Number(microseconds) / 1000;
}

/** Difference from which a clock is off, well over that of machines that set theirs by the network. */
const OFF_MS = 30_000;

/** How far this machine's clock is off Redis's, in a sentence; null if they agree. */
export async function clockProblem(redis: Redis, now = Date.now): Promise<string | null> {
  const before = now();
  const theirs = await redisTime(redis);
  const offMs = (before + now()) / 2 - theirs;
  if (Math.abs(offMs) < OFF_MS) return null;
  const seconds = Math.round(Math.abs(offMs) / 1000);
  return (
    `this machine's clock is ${seconds} s ${offMs > 0 ? "ahead of" : "behind"} that of Redis's machine: have both set by ` +
    "the network (NTP), or times that are shown, and waits before a retry, are wrong by as much"
  );
}
