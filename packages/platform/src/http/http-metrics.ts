import type { FastifyReply, FastifyRequest } from "fastify";
import { collectDefaultMetrics, Histogram, Registry } from "prom-client";

/**
 * Metrics of every service over HTTP, for Prometheus: its process and its requests. Each service has its own, so that
 * several can share one process.
 */
export class HttpMetrics {
  protected readonly registry = new Registry();
  readonly #requests: Histogram;

  /** @param prefix of the names of what the service counts */
  constructor(prefix: string) {
    this.#requests = new Histogram({
      name: `${prefix}_request_seconds`,
      help: "Time from a request's head to the end of its answer",
      labelNames: ["method", "route", "status"],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120],
      registers: [this.registry],
    });
    // Looked at less often than usual, in ms: each look wakes an idle process, beside which a training uses every core.
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: 100 });
  }

  /** Notes an answer that was given. */
  answered({ method }: FastifyRequest, { statusCode: status, elapsedTime }: FastifyReply, route: string): void {
    this.#requests.observe({ method, route, status }, elapsedTime / 1000);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
