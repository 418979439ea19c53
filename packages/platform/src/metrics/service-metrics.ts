import { collectDefaultMetrics, Counter, Registry } from "prom-client";
import type { Tracing } from "../tracing/tracing.js";

/** Metrics of a part of the system, for Prometheus. Each part has its own, so that several can share one process. */
export class ServiceMetrics {
  protected readonly registry = new Registry();

  /** Adds those of the process itself: memory, processor time, delay of its event loop. */
  watchProcess(): void {
    // Looked at less often than usual, in ms: each look wakes an idle process, beside which a training uses every core.
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: 100 });
  }

  /** Adds the number of its spans by what became of them, where any are made. @param prefix of the name */
  countSpans(prefix: string, tracing: Tracing): void {
    if (!tracing.enabled) return;
    const spans = new Counter({
      name: `${prefix}_trace_spans_total`,
      help: "Spans by what became of them: exported, dropped while too many waited, failed to be exported",
      labelNames: ["outcome"],
      registers: [this.registry],
      collect() {
        spans.reset();
        const { exported, dropped, failed } = tracing.counts;
        spans.inc({ outcome: "exported" }, exported);
        spans.inc({ outcome: "dropped" }, dropped);
        spans.inc({ outcome: "failed" }, failed);
      },
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
