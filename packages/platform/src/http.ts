export { ApiKeys } from "./http/api-keys.js";
export { answerError, ErrorBody } from "./http/errors.js";
export { healthRoutes, type MetricsText, type Probe } from "./http/health.js";
export { isForeign, isLoopback } from "./http/loopback.js";
export { createServiceApp, refuseOtherMethods, type ServiceAppOptions } from "./http/service-app.js";
