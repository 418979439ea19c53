export { Adam, type AdamOptions } from "./adam.js";
export { AdamW } from "./adamw.js";
export { clipGradNorm, clipScale, clipScaleOf } from "./clip-grad-norm.js";
export { GradScaler, type GradScalerOptions, type GradScalerState } from "./grad-scaler.js";
export { MovingAverage } from "./moving-average.js";
export { Muon, type MuonOptions } from "./muon.js";
export { MuonWithAdamW, type MuonWithAdamWOptions } from "./muon-with-adamw.js";
export { orthogonalized } from "./newton-schulz.js";
export type { DeviceScale, Optimizer } from "./optimizer.js";
export {
  loadOptimizer,
  makeOptimizer,
  type MakeOptimizer,
  type OptimizerOptions,
  registerOptimizer,
} from "./registry.js";
export { ScheduleFreeAdamW } from "./schedule-free-adamw.js";
export { SGD, type SgdOptions } from "./sgd.js";
