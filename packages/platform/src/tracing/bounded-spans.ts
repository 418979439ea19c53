import type { ReadableSpan, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";
import type { SpanCounts } from "./tracing.js";

/** Ended spans that may wait to be sent: some megabytes. Further ones are dropped while a collector is down or slow. */
const MOST_WAITING = 2048;

type Done = Parameters<SpanExporter["export"]>[1];

/** Passes ended spans on to a processor, no more than may wait at a time, and counts what becomes of each. */
export class BoundedSpans implements SpanProcessor {
  readonly #inner: SpanProcessor;
  readonly #mostWaiting: number;
  #waiting = 0;
  #counts: SpanCounts = { exported: 0, dropped: 0, failed: 0 };

  /** @param process makes the processor, which sends its spans by the exporter that it is given */
  constructor(
    exporter: SpanExporter,
    process: (exporter: SpanExporter) => SpanProcessor,
    mostWaiting: number = MOST_WAITING,
  ) {
    this.#mostWaiting = mostWaiting;
    this.#inner = process({
      export: (spans, done) => exporter.export(spans, (result) => this.#sent(spans.length, result, done)),
      shutdown: () => exporter.shutdown(),
    });
  }

  get counts(): SpanCounts {
    return this.#counts;
  }

  onStart(): void {}

  /** Called for sampled spans alone: no sampler of ours records others. */
  onEnd(span: ReadableSpan): void {
    if (this.#waiting >= this.#mostWaiting) {
      this.#counts = { ...this.#counts, dropped: this.#counts.dropped + 1 };
      return;
    }
    this.#waiting += 1;
    this.#inner.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.#inner.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#inner.shutdown();
  }

  #sent(spans: number, result: Parameters<Done>[0], done: Done): void {
    const outcome = result.error === undefined ? "exported" : "failed";
    this.#waiting -= spans;
    this.#counts = { ...this.#counts, [outcome]: this.#counts[outcome] + spans };
    done(result);
  }
}
