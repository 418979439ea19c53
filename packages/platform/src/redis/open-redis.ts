import { Redis } from "ioredis";

/** Timeout of a connection attempt, and of a command that a person waits for. */
export const REDIS_TIMEOUT_MS = 1000;

/**
 * After how long without an answer a connection is given up and another one made: a network may lose one without telling
 * either end. Longer than a worker waits for a job to come, which is up to 10 s.
 */
const SILENT_MS = 12_000;
/** Ping interval of a connection that only listens: nothing else need come for long. */
const PING_MS = 2000;

export interface RedisHooks {
  /** After which a command fails instead of waiting until Redis is back; left out: never. */
  readonly commandTimeoutMs?: number;
  /**
   * True if a command fails at once without a connection, rather than running later, when nobody may want it any more;
   * and a silent connection is dropped.
   */
  readonly failFast?: boolean;
  /** True if the connection only listens to channels, and must ping to learn that it is dead. */
  readonly listens?: boolean;
  /** Called when a connection is lost or fails. */
  readonly onError?: (error: Error) => void;
}

const FAIL_FAST = { enableOfflineQueue: false, autoResendUnfulfilledCommands: false } as const;

/** A connection that comes back by itself, for as long as it is wanted. */
export function openRedis(
  url: string,
  { commandTimeoutMs, failFast = false, listens = false, onError = () => {} }: RedisHooks = {},
): Redis {
  const redis = new Redis(url, {
    protocol: 2, // the answers that every server gives
    connectTimeout: REDIS_TIMEOUT_MS,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(50 * times, 1000),
    socketTimeout: failFast || listens ? 3 * REDIS_TIMEOUT_MS : SILENT_MS,
    ...(commandTimeoutMs === undefined ? {} : { commandTimeout: commandTimeoutMs }),
    ...(failFast ? FAIL_FAST : {}),
  });
  redis.on("error", onError);
  if (listens) keepAsking(redis, onError);
  return redis;
}

function keepAsking(redis: Redis, onError: (error: Error) => void): void {
  let timer: NodeJS.Timeout | undefined;
  const ask = () => {
    redis.ping().catch(onError);
  };
  redis.on("ready", () => (timer = setInterval(ask, PING_MS)));
  redis.on("close", () => clearInterval(timer));
}
