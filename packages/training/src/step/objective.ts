import { loss, type CausalLm, type Forward } from "@trainer/models";
import type { Tensor } from "@trainer/torch";
import type { Batch } from "../bins/batch.js";

/** What a batch's forward pass comes to. */
export interface BatchLoss {
  /** (): what is made small, a mean over what the batch's `tokens` counts. */
  readonly loss: Tensor;
  /** () without a gradient: the loss that is told, where it is not what is made small. */
  readonly told?: Tensor;
  /** () each: further means over the same, without a gradient, which are told beside the loss. */
  readonly figures?: Readonly<Record<string, Tensor>>;
}

/** The function of a model and a batch that training makes small. */
export interface Objective {
  /** True if it only queues work on the device and has no figures: a step of it can be recorded. */
  readonly recordable: boolean;
  ofBatch(model: CausalLm, batch: Batch, ctx: Forward): BatchLoss;
}

/** The mean cross entropy of the next token, in nats; `zLoss` as in the loss of models. */
export const nextToken = (zLoss = 0): Objective => ({
  recordable: true,
  ofBatch: (model, batch, ctx) => ({ loss: loss(model, batch, ctx, zLoss) }),
});
