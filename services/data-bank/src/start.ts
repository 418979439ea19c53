import { AppError, isLoopback } from "@trainer/platform";
import { Hosts } from "@trainer/platform/http";
import { openTracing } from "@trainer/platform/tracing";
import { openRedis, queueProblem, REDIS_TIMEOUT_MS, refuseWrongRedis } from "@trainer/platform/redis";
import { createApp, type Timeouts } from "./app.js";
import type { DataBankConfig } from "./config.js";
import { KeyRing } from "./keys.js";
import { Metrics } from "./metrics.js";
import { openStore } from "./open-store.js";
import type { Pace } from "./paced.js";
import type { Probe } from "./routes/health.js";

export interface DataBank extends AsyncDisposable {
  /** Its address: http://host:port. */
  readonly url: string;
  /** Place of the files, in words. */
  readonly place: string;
}

/** Hooks for tests and embedding processes. */
export interface DataBankHooks {
  readonly log?: { write(line: string): unknown };
  readonly pace?: Pace;
  readonly timeouts?: Partial<Timeouts>;
  readonly cutOffMs?: number;
}

/** Interval of sweeps for uploads that were cut off, and the time without a byte after which they go. */
const CUT_OFF_MS = 86_400_000;

const PACE: Pace = { graceMs: 30_000, bytesPerSecond: 1024 };
const TIMEOUTS: Timeouts = { headersMs: 15_000, idleMs: 120_000, lingerMs: 5000 };

/**
 * Starts the service; disposing of it lets requests that are under way come to their end.
 * @throws AppError CONFIG_ERROR where strangers would be let in without a key, nothing can be written in its folder, or
 * Redis refuses it
 */
export async function startDataBank(config: DataBankConfig, hooks: DataBankHooks = {}): Promise<DataBank> {
  const keys = new KeyRing(config.keys);
  if (!isLoopback(config.host)) refuseOpen(keys, config.host);
  if (config.redisUrl !== null) await refuseWrongRedis(config.redisUrl);
  const store = await openStore(config);
  const redis = config.redisUrl === null ? null : redisProbe(config.redisUrl);
  const tracing = await openTracing(config.tracing, "data-bank-api");
  const metrics = new Metrics(config.store.name === "disk" ? config.root : null);
  metrics.countSpans("data_bank", tracing);
  const app = createApp({
    store,
    tracing,
    keys,
    hosts: new Hosts({ bindHost: config.host, publicHosts: config.publicHosts }),
    metrics,
    maxFileBytes: config.maxFileBytes,
    strictDelete: config.strictDelete,
    pace: hooks.pace ?? PACE,
    probes: redis === null ? [store] : [redis, store],
    logLevel: config.logLevel,
    log: hooks.log ?? process.stderr,
    timeouts: { ...TIMEOUTS, ...hooks.timeouts },
  });
  const cutOffMs = hooks.cutOffMs ?? CUT_OFF_MS;
  const removeCutOff = () => {
    store.removeCutOff(new Date(Date.now() - cutOffMs)).then(
      (count) => count > 0 && app.log.info({ event: "uploads_removed", count }, "removed uploads that were cut off"),
      (error: unknown) => app.log.warn({ event: "uploads_not_removed", err: error }, "uploads that were cut off stay"),
    );
  };
  const close = async () => {
    await app.close();
    await tracing[Symbol.asyncDispose]();
    redis?.[Symbol.dispose]();
  };
  const url = await app.listen({ host: config.host, port: config.port }).catch(async (error: unknown) => {
    await close(); // or its connections would keep the process alive
    throw error;
  });
  removeCutOff();
  const daily = setInterval(removeCutOff, cutOffMs);
  return {
    url,
    place: store.place,
    async [Symbol.asyncDispose]() {
      clearInterval(daily);
      await close();
    },
  };
}

/** Checks that the queue's Redis can run jobs. */
function redisProbe(url: string): Probe & Disposable {
  const redis = openRedis(url, { commandTimeoutMs: REDIS_TIMEOUT_MS });
  return { trouble: () => queueProblem(redis), [Symbol.dispose]: () => redis.disconnect() };
}

function refuseOpen(keys: KeyRing, host: string): void {
  const open = (["upload", "read", "delete"] as const).filter((permission) => keys.isOpen(permission));
  if (open.length === 0) return;
  throw new AppError(
    "CONFIG_ERROR",
    `listening on ${host} lets other machines in, and anybody could ${open.join(", ")} files: set API_UPLOAD_KEYS ` +
      "(and API_READ_KEYS, API_DELETE_KEYS where they differ), or listen on 127.0.0.1",
  );
}
