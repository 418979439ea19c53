import { TorchError } from "./errors.js";

// A file of tensors can be described without native code, too.
export { headerLength, LENGTH_BYTES, parseHeader } from "./safetensors/parse-header.js";
export { TorchError } from "./errors.js";

/** The known families without native code: requests are checked against it. */

export interface OptimizerInfo {
  readonly title: string;
  /** Numbers of its state for each parameter that is trained: what a model's memory is estimated by. */
  readonly moments: number;
  /** The same of a hidden matrix, where it is another number. */
  readonly matrixMoments?: number;
  /** It averages the weights by itself: what is evaluated and used is that average. */
  readonly averages?: boolean;
  /** A device can record its update: it reads `DeviceScale.lr`. */
  readonly recordable?: boolean;
  /** Registers what makes it, where that is not loaded with the package. */
  readonly loadCode?: () => Promise<void>;
}

const known = new Map<string, OptimizerInfo>();

/** Makes an optimizer known by its name. Throws where the name is taken. */
export function addOptimizerInfo(name: string, info: OptimizerInfo): void {
  if (known.has(name)) throw new TorchError("ARGUMENT", `there is an optimizer "${name}" already: choose another name`);
  known.set(name, info);
}

addOptimizerInfo("adamw", { title: "AdamW", moments: 2, recordable: true });
addOptimizerInfo("adam", { title: "Adam", moments: 2 });
addOptimizerInfo("sgd", { title: "Stochastic gradient descent", moments: 0 });
addOptimizerInfo("muon", { title: "Muon", moments: 2, matrixMoments: 1 });
addOptimizerInfo("schedule_free", { title: "Schedule-free AdamW", moments: 2, averages: true });

/** All that is known, by name. */
export const optimizers = (): ReadonlyMap<string, OptimizerInfo> => known;

export const optimizerNames = (): string[] => [...known.keys()];

export const isOptimizer = (name: unknown): name is string => typeof name === "string" && known.has(name);

/** Facts of an optimizer, or an error that lists those there are. */
export function optimizerInfo(name: string): OptimizerInfo {
  const info = known.get(name);
  if (info !== undefined) return info;
  throw new TorchError("ARGUMENT", `no optimizer "${name}"; there are: ${optimizerNames().join(", ")}`);
}
