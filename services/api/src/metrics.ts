import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** How many jobs stand in a queue in which state. */
export type QueueCounts = () => Promise<readonly { queue: string; state: string; count: number }[]>;

/** What the API counts, for Prometheus. */
export class Metrics {
  readonly #registry = new Registry();
  readonly requests = new Histogram({
    name: "api_request_seconds",
    help: "Time from a request's head to the end of its answer",
    labelNames: ["method", "route", "status"],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120],
    registers: [this.#registry],
  });
  readonly streams = new Gauge({
    name: "api_streams",
    help: "Streams of events that are open",
    registers: [this.#registry],
  });
  constructor(queues: QueueCounts) {
    collectDefaultMetrics({ register: this.#registry });
    const jobs = new Gauge({
      name: "api_queue_jobs",
      help: "Jobs in the queues, by their state; absent while Redis is away",
      labelNames: ["queue", "state"],
      registers: [this.#registry],
      async collect() {
        jobs.reset();
        for (const { queue, state, count } of await queues().catch(() => [])) jobs.set({ queue, state }, count);
      },
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
