import { addOptimizerInfo, isOptimizer, optimizerInfo, type OptimizerInfo } from "../capabilities.js";
import { TorchError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { Adam } from "./adam.js";
import { AdamW } from "./adamw.js";
import { MuonWithAdamW } from "./muon-with-adamw.js";
import type { Optimizer } from "./optimizer.js";
import { ScheduleFreeAdamW } from "./schedule-free-adamw.js";
import { SGD } from "./sgd.js";

/** Options of every optimizer; one that has no use for a value ignores it. */
export interface OptimizerOptions {
  readonly lr: number;
  readonly betas: readonly [number, number];
  /** Null: its own default. */
  readonly weightDecay: number | null;
  /** Names of a model's hidden matrices, which Muon moves; by default all parameters of two dimensions. */
  readonly matrices?: ReadonlySet<string> | undefined;
  /** Their learning rate in relation to `lr`, 1 by default. */
  readonly matrixLrRatio?: number | undefined;
  /** Muon's momentum, 0.95 by default, and number of Newton-Schulz iterations, 5 by default. */
  readonly momentum?: number | undefined;
  readonly nsSteps?: number | undefined;
}

/** Makes an optimizer of parameters by name. */
export type MakeOptimizer = (params: ReadonlyMap<string, Tensor>, options: OptimizerOptions) => Optimizer;

const registered = new Map<string, MakeOptimizer>();

/** Makes an optimizer known under its name. Throws where the name is taken. */
export function registerOptimizer(name: string, info: Omit<OptimizerInfo, "loadCode">, make: MakeOptimizer): void {
  if (registered.has(name)) throw new TorchError("ARGUMENT", `there is an optimizer "${name}" already`);
  if (!isOptimizer(name)) addOptimizerInfo(name, info); // else it was known before its code was loaded
  registered.set(name, make);
}

/** The package's own, with PyTorch's defaults. */
const own: Readonly<Record<string, MakeOptimizer>> = {
  adamw: (params, { lr, betas, weightDecay }) => new AdamW(params, { lr, betas, weightDecay: weightDecay ?? 0.01 }),
  adam: (params, { lr, betas, weightDecay }) => new Adam(params, { lr, betas, weightDecay: weightDecay ?? 0 }),
  muon(params, { matrices = allMatrices(params), ...options }) {
    return new MuonWithAdamW(params, matrices, options);
  },
  schedule_free: (params, { lr, betas, weightDecay }) =>
    new ScheduleFreeAdamW(params, { lr, betas, weightDecay: weightDecay ?? 0 }),
  sgd: (params, { lr, weightDecay }) => new SGD(params, { lr, weightDecay: weightDecay ?? 0 }),
};
const allMatrices = (params: ReadonlyMap<string, Tensor>): Set<string> =>
  new Set([...params].filter(([, p]) => p.ndim === 2).map(([name]) => name));

for (const [name, make] of Object.entries(own)) registerOptimizer(name, optimizerInfo(name), make);

/** Loads the code of an optimizer that is known by its name alone; of others it is there already. */
export async function loadOptimizer(name: string): Promise<void> {
  if (!registered.has(name)) await optimizerInfo(name).loadCode?.();
}

/** The optimizer of this name, or an error that lists those there are. */
export function makeOptimizer(name: string, params: ReadonlyMap<string, Tensor>, options: OptimizerOptions): Optimizer {
  const make = registered.get(name);
  if (make !== undefined) return make(params, options);
  optimizerInfo(name); // which names those there are
  throw new TorchError("ARGUMENT", `the code of the optimizer "${name}" is not loaded`);
}
