import { requireRedis } from "@trainer/platform/redis";

/** Others may be starting it at this moment. */
const WITHIN_MS = 3000;

const REMEDY =
  "start it, or correct REDIS_URL; where that is unset, `trainer ui` and `trainer serve` start one of their own";

/**
 * Ensures that a Redis can be used.
 * @throws AppError CONFIG_ERROR with the reason
 */
export const redisAnswers = (url: string): Promise<void> => requireRedis(url, WITHIN_MS, REMEDY);
