export { Adam, type AdamOptions } from "./adam.js";
export { AdamW } from "./adamw.js";
export { clipGradNorm, clipScale, clipScaleOf } from "./clip-grad-norm.js";
export { GradScaler, type GradScalerOptions, type GradScalerState } from "./grad-scaler.js";
export type { DeviceScale, Optimizer } from "./optimizer.js";
export {
  loadOptimizer,
  makeOptimizer,
  type MakeOptimizer,
  type OptimizerOptions,
  registerOptimizer,
} from "./registry.js";
export { SGD, type SgdOptions } from "./sgd.js";
