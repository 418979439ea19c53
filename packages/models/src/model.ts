import {
  linear,
  linearCrossEntropy,
  linearCrossEntropyRows,
  softcapped,
  type Each,
  type Params,
  type Tensor,
} from "@trainer/torch";
import { documentsOf } from "./documents.js";
import type { Forward, Network, Outline } from "./family.js";

/** A block of a model applied to what passes between blocks; `each` reaches the tensors in that. */
export function segment<T>({ tape }: Forward, block: (x: T) => T, x: T, each: Each<T>): T {
  return tape === undefined ? block(x) : tape.run(block, x, each);
}

/** For blocks between which a single tensor passes. */
export const itself: Each<Tensor> = (x, f) => f(x);

/** A causal language model: token ids in, hidden states out; the head turns these into logits. */
export interface CausalLm extends Network {
  readonly family: string;
  readonly config: object;
  readonly params: Params;
  readonly outline: Outline;
  /** The `config.json` that transformers reads as this model, but for the ids of special tokens. */
  configFile(): Record<string, unknown>;
}

/** Input of a loss. */
export interface LossBatch {
  /** (B, T) int64. */
  readonly inputs: Tensor;
  /** (B, T) int64: the token that follows each input, -100 where there is none to predict. */
  readonly targets: Tensor;
  /** (B, T) int64: the number of each token's document, where documents are to be kept apart. */
  readonly documents?: Tensor | undefined;
}

/** Hidden states (..., C) -> (..., V). Up to 64 rows: each is the same whatever the others are (on the CPU). */
export const logitsOf = (
  { head, headBias, quantizedHead, softcap }: Pick<Network, "head" | "headBias" | "quantizedHead" | "softcap">,
  hidden: Tensor,
): Tensor => softcapped(quantizedHead?.linear(hidden, headBias) ?? linear(hidden, head, headBias), softcap);

/** ids (B, T) int64 -> (B, T, V). */
export const logits = (model: Network, ids: Tensor, ctx: Forward): Tensor => logitsOf(model, model.hidden(ids, ctx));

/** The cross entropies in nats of hidden states (N, C) against the tokens that follow them, (N) int64, -100 for none -> (N). */
export function lossOfEach(model: Network, hidden: Tensor, targets: Tensor): Tensor {
  const head = model.quantizedHead?.dequantize() ?? model.head;
  return linearCrossEntropyRows(hidden, head, targets, { bias: model.headBias, softcap: model.softcap });
}

/**
 * The mean cross entropy in nats over the targets that count: a scalar. `zLoss` times the mean square of their rows'
 * log-sum-exp is added, which only training wants.
 */
export function loss(model: Network, { inputs, targets, documents }: LossBatch, ctx: Forward, zLoss = 0): Tensor {
  const apart = documents === undefined ? ctx : { ...ctx, documents: documentsOf(documents) };
  const hidden = model.hidden(inputs, apart); // (B, T, C)
  const head = model.quantizedHead?.dequantize() ?? model.head;
  const options = { bias: model.headBias, softcap: model.softcap, zLoss };
  return linearCrossEntropy(hidden.flatten(0, 1), head, targets.flatten(), options);
}
