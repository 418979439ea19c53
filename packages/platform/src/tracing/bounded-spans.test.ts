import { BatchSpanProcessor, InMemorySpanExporter, TracerProvider, type SpanExporter } from "@opentelemetry/sdk-trace";
import { expect, test } from "vitest";
import { BoundedSpans } from "./bounded-spans.js";

/** A tracer whose spans wait, three at a time, until they are flushed. */
function bounded(exporter: SpanExporter) {
  const spans = new BoundedSpans(exporter, (inner) => new BatchSpanProcessor({ exporter: inner }), 3);
  const tracer = new TracerProvider({ spanProcessors: [spans] }).getTracer("tested");
  const end = (count: number) => {
    for (let i = 0; i < count; i++) tracer.startSpan(`span ${i}`).end();
  };
  return { spans, end };
}

test("no more spans wait than may, the first ones stay, and each that was sent makes room for another", async () => {
  const exporter = new InMemorySpanExporter();
  const { spans, end } = bounded(exporter);
  end(5);
  expect(spans.counts).toEqual({ exported: 0, dropped: 2, failed: 0 });
  await spans.forceFlush();
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(["span 0", "span 1", "span 2"]);
  expect(spans.counts).toEqual({ exported: 3, dropped: 2, failed: 0 });
  end(3);
  await spans.shutdown();
  expect(spans.counts).toEqual({ exported: 6, dropped: 2, failed: 0 });
});

test("spans that were not taken count as failed, and make room too", async () => {
  const error = new Error("refused");
  const { spans, end } = bounded({ export: (_, done) => done({ code: 1, error }), shutdown: async () => {} });
  end(3);
  await expect(spans.forceFlush()).rejects.toBe(error);
  end(3);
  await expect(spans.forceFlush()).rejects.toBe(error);
  expect(spans.counts).toEqual({ exported: 0, dropped: 0, failed: 6 });
});
