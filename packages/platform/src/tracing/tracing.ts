/** Facts of a span: ids, names and figures, never what a person wrote. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  readonly kind?: "server" | "producer" | "consumer" | "internal";
  /** Traceparent of what caused it. Left out: the active span; null, or no traceparent: nothing, and it begins a trace. */
  readonly parent?: string | null | undefined;
  /** Unix milliseconds; left out: now. */
  readonly startedAt?: number;
  readonly attributes?: SpanAttributes;
}

/** A piece of work in a trace. */
export interface Span {
  /** Its place in the trace, as W3C's traceparent has it, for what it causes elsewhere; null where nothing is traced. */
  readonly traceparent: string | null;
  /** Null where nothing is traced. */
  readonly traceId: string | null;
  set(attributes: SpanAttributes): void;
  /** @param failure code of what it failed by; null for success */
  end(outcome?: { readonly failure?: string | null; readonly endedAt?: number }): void;
}

/** Number of spans by what became of them: those that wait to be sent are none of these yet. */
export interface SpanCounts {
  readonly exported: number;
  /** Ended while as many as may waited already. */
  readonly dropped: number;
  /** Sent, and not taken. */
  readonly failed: number;
}

/** The traces of a part of the system. Each part has its own, so that several can share one process. */
export interface Tracing extends AsyncDisposable {
  readonly enabled: boolean;
  start(name: string, options?: SpanOptions): Span;
  /** Runs `body` with that span as the active one, for all that it calls. */
  run<T>(span: Span, body: () => T): T;
  /** The span that the present work belongs to. */
  readonly active: Span;
  readonly counts: SpanCounts;
}

/** The span of what is not traced. */
export const NO_SPAN: Span = { traceparent: null, traceId: null, set() {}, end() {} };

/** Traces nothing. */
export const NO_TRACING: Tracing = {
  enabled: false,
  start: () => NO_SPAN,
  run: (_, body) => body(),
  active: NO_SPAN,
  counts: { exported: 0, dropped: 0, failed: 0 },
  async [Symbol.asyncDispose]() {},
};

/** Fields by which log records and a trace find each other; none where nothing is traced. */
export const traceFields = ({ traceId }: Span): { readonly trace_id?: string } =>
  traceId === null ? {} : { trace_id: traceId };
