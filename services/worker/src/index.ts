export { WorkerConfig, type WorkerInput } from "./config.js";
export type { WorkerHooks } from "./container.js";
export { startWorker, type Worker } from "./start.js";
