import { AsyncLocalStorage } from "node:async_hooks";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import {
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Span as OtelSpan,
  type SpanContext,
  type Tracer,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TracerProvider,
  TraceIdRatioBasedSampler,
  type Sampler,
} from "@opentelemetry/sdk-trace";
import { BoundedSpans } from "./bounded-spans.js";
import type { TracingConfig } from "./config.js";
import { NO_SPAN, type Span, type SpanAttributes, type SpanCounts, type SpanOptions, type Tracing } from "./tracing.js";

/** Time in which the last spans may be sent when a part ends. */
const FLUSH_MS = 2000;

/** The most characters of an attribute. */
const MOST_CHARACTERS = 1024;

/** Traces by OpenTelemetry's SDK, sent to a collector by OTLP over HTTP, as JSON. */
export class Exported implements Tracing {
  readonly enabled = true;
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #spans: BoundedSpans;
  readonly #active = new AsyncLocalStorage<Span>();

  constructor({ url, headers, timeoutMs, serviceName, resource, sampler, ratio }: TracingConfig, service: string) {
    const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis: timeoutMs });
    this.#spans = new BoundedSpans(exporter, (bounded) => new BatchSpanProcessor({ exporter: bounded }));
    this.#provider = new TracerProvider({
      sampler: samplerOf(sampler, ratio),
      resource: resourceFromAttributes({
        ...resource,
        "service.name": serviceName ?? service,
        "service.instance.id": `${hostname().slice(0, 12)}-${process.pid}`,
      }),
      spanLimits: { attributeValueLengthLimit: MOST_CHARACTERS },
      spanProcessors: [this.#spans],
    });
    this.#tracer = this.#provider.getTracer("model-trainer");
  }

  get counts(): SpanCounts {
    return this.#spans.counts;
  }

  get active(): Span {
    return this.#active.getStore() ?? NO_SPAN;
  }

  start(name: string, options: SpanOptions = {}): Span {
    const { kind = "internal", parent = this.active.traceparent, startedAt, attributes = {} } = options;
    // As dates, for small numbers would be taken for times since the process began.
    const given = {
      kind: KINDS[kind],
      attributes,
      ...(startedAt === undefined ? {} : { startTime: new Date(startedAt) }),
    };
    return new ExportedSpan(this.#tracer.startSpan(name, given, contextOf(parent)));
  }

  run<T>(span: Span, body: () => T): T {
    return this.#active.run(span, body);
  }

  /** Sends what is left, for as long as that may take: a collector that is down keeps no part from ending. */
  async [Symbol.asyncDispose](): Promise<void> {
    const enough = new AbortController();
    const sent = this.#provider.shutdown().catch(() => {}); // counted as failed
    await Promise.race([sent, sleep(FLUSH_MS, undefined, { signal: enough.signal }).catch(() => {})]);
    enough.abort();
  }
}

class ExportedSpan implements Span {
  readonly traceparent: string;
  readonly traceId: string;
  readonly #span: OtelSpan;

  constructor(span: OtelSpan) {
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.#span = span;
    this.traceId = traceId;
    this.traceparent = `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`;
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes(attributes);
  }

  end({ failure = null, endedAt }: { failure?: string | null; endedAt?: number } = {}): void {
    if (failure !== null) {
      this.#span.setAttribute("error.type", failure);
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end(endedAt === undefined ? undefined : new Date(endedAt));
  }
}

const KINDS = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

/** W3C's traceparent; of a later version there may be more behind it. */
const TRACEPARENT = /^(?!ff)([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:$|-)/;

/** What is no traceparent begins a trace. */
function contextOf(traceparent: string | null): Context {
  const [, version, traceId = "", spanId = "", flags = ""] = TRACEPARENT.exec(traceparent ?? "") ?? [];
  const whole = version !== "00" || traceparent?.length === 55;
  const place: SpanContext = { traceId, spanId, traceFlags: parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
  return whole && isSpanContextValid(place) ? trace.setSpanContext(ROOT_CONTEXT, place) : ROOT_CONTEXT;
}

function samplerOf(name: TracingConfig["sampler"], ratio: number): Sampler {
  switch (name) {
    case "always_on":
      return new AlwaysOnSampler();
    case "always_off":
      return new AlwaysOffSampler();
    case "traceidratio":
      return new TraceIdRatioBasedSampler(ratio);
    case "parentbased_always_on":
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case "parentbased_always_off":
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case "parentbased_traceidratio":
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  }
}
