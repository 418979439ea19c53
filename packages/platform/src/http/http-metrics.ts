import type { FastifyReply, FastifyRequest } from "fastify";
import { Histogram } from "prom-client";
import { ServiceMetrics } from "../metrics/service-metrics.js";

/** Metrics of every service over HTTP: its process and its requests. */
export class HttpMetrics extends ServiceMetrics {
  readonly #requests: Histogram;

  /** @param prefix of the names of what the service counts */
  constructor(prefix: string) {
    super();
    this.#requests = new Histogram({
      name: `${prefix}_request_seconds`,
      help: "Time from a request's head to the end of its answer",
      labelNames: ["method", "route", "status"],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120],
      registers: [this.registry],
    });
    this.watchProcess();
  }

  /** Notes an answer that was given. */
  answered({ method }: FastifyRequest, { statusCode: status, elapsedTime }: FastifyReply, route: string): void {
    this.#requests.observe({ method, route, status }, elapsedTime / 1000);
  }
}
