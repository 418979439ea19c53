import type { CausalLm } from "@trainer/models";
import { ContinuousBatch } from "./continuous-batch.js";
import type { WritingModel } from "./writing-model.js";

/** The batch of each model that its generations share. */
const batches = new WeakMap<CausalLm, ContinuousBatch>();

/** The batch that generations of this model share if they stay the same to the bit by that; else one of its own. */
export function batchOf({ model, device, weightType, promptCacheBytes = 0 }: WritingModel): ContinuousBatch {
  if (device !== "cpu" || weightType !== "fp32") return new ContinuousBatch(model, null);
  const batch = batches.get(model) ?? new ContinuousBatch(model, promptCacheBytes);
  batches.set(model, batch);
  return batch;
}

/** Frees what is kept of the texts that a model has read. */
export function forgetTexts(model: CausalLm): void {
  batches.get(model)?.[Symbol.dispose]();
  batches.delete(model);
}
