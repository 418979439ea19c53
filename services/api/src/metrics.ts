import { keys } from "@trainer/platform";
import { HttpMetrics } from "@trainer/platform/http";
import type { Redis } from "ioredis";
import { Counter, Gauge } from "prom-client";

/** Number of jobs by queue and state. */
export type QueueCounts = () => Promise<readonly { queue: string; state: string; count: number }[]>;

export interface MetricsSources {
  readonly queues: QueueCounts;
  readonly redis: Redis;
}

/** Metrics of the API. */
export class Metrics extends HttpMetrics {
  readonly streams = new Gauge({
    name: "api_streams",
    help: "Streams of events that are open",
    registers: [this.registry],
  });

  constructor({ queues, redis }: MetricsSources) {
    super("api");
    const registers = [this.registry];
    const jobs = new Gauge({
      name: "api_queue_jobs",
      help: "Jobs in the queues, by their state; absent while Redis is away",
      labelNames: ["queue", "state"],
      registers,
      async collect() {
        jobs.reset();
        for (const { queue, state, count } of await queues().catch(() => [])) jobs.set({ queue, state }, count);
      },
    });
    const up = new Gauge({ name: "api_redis_up", help: "1 if Redis answers, else 0", registers });
    const ping = new Gauge({
      name: "api_redis_ping_seconds",
      help: "Time of a question to Redis and its answer; of the last one, while Redis is away",
      registers,
    });
    const memory = new Gauge({
      name: "api_redis_memory_bytes",
      help: "Memory of Redis: what it uses, and the most it may; 0: as much as it likes",
      labelNames: ["state"],
      registers,
    });
    const workers = new Gauge({
      name: "api_workers",
      help: "Workers that give signs of life; absent while Redis is away",
      registers,
      async collect() {
        workers.remove();
        try {
          const start = performance.now();
          await redis.ping();
          ping.set((performance.now() - start) / 1000);
          const [info, alive] = await Promise.all([redis.info("memory"), liveWorkers(redis)]);
          const facts = factsIn(info);
          for (const [state, fact] of MEMORY) memory.set({ state }, Number(facts.get(fact)));
          workers.set(alive);
          up.set(1);
        } catch {
          up.set(0);
        }
      },
    });
    const reconnects = new Counter({
      name: "api_redis_reconnects_total",
      help: "Attempts to connect to Redis again after the connection was lost",
      registers,
    });
    redis.on("reconnecting", () => reconnects.inc());
  }
}

const MEMORY = [
  ["used", "used_memory"],
  ["most", "maxmemory"],
] as const;

/** Redis tells of itself by lines with a name, a colon and a value. */
const factsIn = (info: string): ReadonlyMap<string, string> =>
  new Map(
    info.split("\r\n").map((line) => {
      const end = line.indexOf(":");
      return [line.slice(0, end), line.slice(end + 1)];
    }),
  );

/** A worker's name is a key that expires with its last sign of life. */
async function liveWorkers(redis: Redis): Promise<number> {
  const names = await redis.smembers(keys.workers);
  return names.length === 0 ? 0 : await redis.exists(...names);
}
