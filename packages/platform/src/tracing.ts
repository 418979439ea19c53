export { TracingConfig, tracingConfig } from "./tracing/config.js";
export { openTracing } from "./tracing/open-tracing.js";
export { NO_SPAN, NO_TRACING, traceFields, type Span, type Tracing } from "./tracing/tracing.js";
