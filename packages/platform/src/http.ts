export { answerError, knownError, type ErrorBody } from "./http/answer-error.js";
export { headerOf } from "./http/header.js";
export { httpApp, MAX_HEAD_BYTES, type HttpAppOptions } from "./http/http-app.js";
export { parseRange, type ByteRange } from "./http/range.js";
export { takeJson } from "./http/take-json.js";
export { HttpMetrics } from "./http/http-metrics.js";
export { serveMetrics, type MetricsServer } from "./http/serve-metrics.js";
export { KeySet } from "./http/key-set.js";
export { Hosts, type HostOptions } from "./http/hosts.js";
