export { messageOf } from "./ask.js";
export { LiveSync } from "./live-sync.js";
export { Mlflow } from "./mlflow.js";
export { RunSync } from "./run-sync.js";
export { inEnvironment, TrackerSettings, trackerFrom, trackerOf } from "./settings.js";
export { TrackerError } from "./tracker-error.js";
export type { Tracker } from "./tracker.js";
export { Trackio } from "./trackio.js";
export { Wandb } from "./wandb/wandb.js";
