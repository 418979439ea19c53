export { ServiceMetrics } from "./metrics/service-metrics.js";
