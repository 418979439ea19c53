import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

/** What the service counts, for Prometheus. Each service has its own, so that several can live in one process. */
export class Metrics {
  readonly #registry = new Registry();
  readonly requests = new Histogram({
    name: "data_bank_request_seconds",
    help: "Time from a request's head to the end of its answer",
    labelNames: ["method", "route", "status"],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120],
    registers: [this.#registry],
  });
  readonly uploads = new Gauge({
    name: "data_bank_uploads_in_progress",
    help: "Uploads that are being received",
    registers: [this.#registry],
  });
  readonly receivedBytes = new Counter({
    name: "data_bank_received_bytes_total",
    help: "Bytes of files that were taken in whole",
    registers: [this.#registry],
  });
  readonly sentBytes = new Counter({
    name: "data_bank_sent_bytes_total",
    help: "Bytes of files that were read to be sent",
    registers: [this.#registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
