import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { z } from "zod";
import { AppError } from "../errors.js";
import { withoutCredentials } from "../without-credentials.js";
import { REDIS_TIMEOUT_MS } from "./open-redis.js";

/** The oldest Redis that has the commands of the queue. */
const LEAST_VERSION = "5.0";

const POLL_MS = 100;

/** What is no Redis may keep a connection open that is closed from here. */
const CLOSE_MS = 200;

/** What keeps a Redis from being used. */
interface Problem {
  readonly reason: string;
  /** What changes it; null for one that time may change: a Redis that is being started, or cannot be reached now. */
  readonly remedy: string | null;
}

/**
 * Refuses a Redis by what it answers and no waiting changes: it wants another password, is a read-only replica, is too
 * old, or no Redis. One that does not answer yet is for its user to wait for.
 * @throws AppError CONFIG_ERROR
 */
export async function refuseWrongRedis(url: string): Promise<void> {
  const problem = await problemOf(url);
  if (problem !== null && problem.remedy !== null) throw refusal(url, problem.reason, problem.remedy);
}

/**
 * Ensures that a Redis can be used, or can within `withinMs`: others may be starting it at this moment.
 * @param remedy of one that does not answer
 * @throws AppError CONFIG_ERROR with the reason
 */
export async function requireRedis(url: string, withinMs: number, remedy: string): Promise<void> {
  const late = performance.now() + withinMs;
  for (;;) {
    const problem = await problemOf(url);
    if (problem === null) return;
    if (problem.remedy !== null || performance.now() > late)
      throw refusal(url, problem.reason, problem.remedy ?? remedy);
    await sleep(POLL_MS);
  }
}

const refusal = (url: string, reason: string, remedy: string) =>
  new AppError("CONFIG_ERROR", `the Redis at ${withoutCredentials(url)} cannot be used (${reason}): ${remedy}`);

/** Asks once, over a connection of its own. */
async function problemOf(url: string): Promise<Problem | null> {
  const redis = new Redis(url, {
    protocol: 2,
    lazyConnect: true,
    connectTimeout: REDIS_TIMEOUT_MS,
    commandTimeout: REDIS_TIMEOUT_MS,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    disconnectTimeout: CLOSE_MS,
  });
  let last: unknown = null; // what a command fails with says less
  redis.on("error", (error) => (last ??= error));
  try {
    await redis.connect();
    await redis.select(Number(redis.options.db));
    return problemIn(await redis.info());
  } catch (error) {
    return problemBy(last ?? error, redis.options.tls !== undefined);
  } finally {
    redis.disconnect();
  }
}

/** What a Redis says of itself. */
function problemIn(info: string): Problem | null {
  const fact = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
  const version = fact("redis_version");
  if (Number.parseInt(version, 10) < Number.parseInt(LEAST_VERSION, 10))
    return { reason: `it is version ${version}`, remedy: `take one from ${LEAST_VERSION} on` };
  if (fact("cluster_enabled") === "1")
    return {
      reason: "it is a cluster",
      remedy: "name one that is none: the queue's commands take keys of several slots",
    };
  if (fact("role") !== "slave" || fact("slave_read_only") === "0") return null;
  const primary = `${fact("master_host")}:${fact("master_port")}`;
  return { reason: "it is a read-only replica", remedy: `name its primary, ${primary}, in REDIS_URL` };
}

/** Errors that stay until somebody changes something, by what they say. */
const LASTING: readonly [error: RegExp, reason: string, remedy: string][] = [
  [/^NOAUTH/, "it wants a password", "put it into REDIS_URL, as in redis://:PASSWORD@HOST:PORT/0"],
  [
    /^WRONGPASS|^ERR invalid password/,
    "it does not take this password",
    "correct it in REDIS_URL, as in redis://:PASSWORD@HOST:PORT/0, or redis://USER:PASSWORD@HOST:PORT/0",
  ],
  [/^NOPERM/, "its user may not do what the queue needs", "let this user use all keys, channels and commands (ACL)"],
  [/DB index is out of range/, "it has no database of this number", "name another at the end of REDIS_URL, as in /0"],
  [/RESP|Protocol error/, "what answers there is no Redis", "name a Redis's host and port in REDIS_URL"],
];

function problemBy(error: unknown, tls: boolean): Problem {
  const { message } = z.instanceof(Error).parse(error);
  const lasting = LASTING.find(([pattern]) => pattern.test(message));
  if (lasting !== undefined) return { reason: lasting[1], remedy: lasting[2] };
  if (!/timed out|ETIMEDOUT/.test(message)) return { reason: message, remedy: null };
  return { reason: `it does not answer${tls ? " over TLS; without, its address is redis://" : ""}`, remedy: null };
}
