import { AppError, withoutCredentials } from "@trainer/platform";
import { openRedis } from "@trainer/platform/redis";

/** Others may be starting it at this moment. */
const WITHIN_MS = 3000;

/**
 * Ensures that a Redis answers.
 * @throws AppError CONFIG_ERROR with the reason
 */
export async function redisAnswers(url: string): Promise<void> {
  let last = "it does not answer";
  const redis = openRedis(url, { commandTimeoutMs: WITHIN_MS, onError: ({ message }) => void (last = message) });
  try {
    await redis.ping();
  } catch (error) {
    throw new AppError(
      "CONFIG_ERROR",
      `the Redis at ${withoutCredentials(url)} cannot be used (${last}): start it, or correct REDIS_URL; ` +
        "where that is unset, `trainer ui` and `trainer serve` start one of their own",
      { cause: error },
    );
  } finally {
    redis.disconnect();
  }
}
