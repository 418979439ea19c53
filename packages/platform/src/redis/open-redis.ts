import { Redis } from "ioredis";

/** How long a connection may take to come about, and a command that a person waits for to be answered. */
export const REDIS_TIMEOUT_MS = 1000;

export interface RedisHooks {
  /** After which a command fails instead of waiting until Redis is back; left out: never. */
  readonly commandTimeoutMs?: number;
  /**
   * Whether a command fails at once while there is no connection, in place of being done later, when nobody may want it
   * any more; and a connection on which nothing comes back is given up.
   */
  readonly failFast?: boolean;
  /** Hears of a connection that was lost or does not come about. */
  readonly onError?: (error: Error) => void;
}

const FAIL_FAST = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  socketTimeout: 3 * REDIS_TIMEOUT_MS,
} as const;

/** A connection that comes back by itself, for as long as it is wanted. */
export function openRedis(
  url: string,
  { commandTimeoutMs, failFast = false, onError = () => {} }: RedisHooks = {},
): Redis {
  const redis = new Redis(url, {
    protocol: 2, // the answers that every server gives
    connectTimeout: REDIS_TIMEOUT_MS,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(50 * times, 1000),
    ...(commandTimeoutMs === undefined ? {} : { commandTimeout: commandTimeoutMs }),
    ...(failFast ? FAIL_FAST : {}),
  });
  redis.on("error", onError);
  return redis;
}
