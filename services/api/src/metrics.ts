import { HttpMetrics } from "@trainer/platform/http";
import { Gauge } from "prom-client";

/** Number of jobs by queue and state. */
export type QueueCounts = () => Promise<readonly { queue: string; state: string; count: number }[]>;

/** Metrics of the API. */
export class Metrics extends HttpMetrics {
  readonly streams = new Gauge({
    name: "api_streams",
    help: "Streams of events that are open",
    registers: [this.registry],
  });

  constructor(queues: QueueCounts) {
    super("api");
    const jobs = new Gauge({
      name: "api_queue_jobs",
      help: "Jobs in the queues, by their state; absent while Redis is away",
      labelNames: ["queue", "state"],
      registers: [this.registry],
      async collect() {
        jobs.reset();
        for (const { queue, state, count } of await queues().catch(() => [])) jobs.set({ queue, state }, count);
      },
    });
  }
}
