export { WorkerConfig, type WorkerInput } from "./config.js";
export type { WorkerHooks } from "./container.js";
export { LONGEST_STOP_MS, startWorker, type Worker } from "./start.js";
