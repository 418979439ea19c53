import { linear, linearCrossEntropy, type Each, type Params, type Tape, type Tensor } from "@trainer/torch";
import type { FamilyName } from "./capabilities.js";
import type { Gpt2Config } from "./gpt2-config.js";
import type { Cache } from "./cache.js";

/** How a forward pass is meant. */
export interface Forward {
  /** Dropout is on. */
  readonly training: boolean;
  /** For generation: the tokens follow the `cache.length` that were read before, and are added to them. */
  readonly cache?: Cache;
  /** Drops the activations of each block and makes them again for the gradient; without it they are kept. */
  readonly tape?: Tape | undefined;
}

/** A block of a model applied to what passes between blocks; `each` reaches the tensors in that. */
export function segment<T>({ tape }: Forward, block: (x: T) => T, x: T, each: Each<T>): T {
  return tape === undefined ? block(x) : tape.run(block, x, each);
}

/** A causal language model: token ids in, hidden states out; the head turns these into logits. */
export interface CausalLm {
  readonly family: FamilyName;
  readonly config: Gpt2Config;
  /** Rows of the embedding and of the head. */
  readonly vocabSize: number;
  /** The most tokens it reads at a time. */
  readonly contextLength: number;
  readonly params: Params;
  /** (V, C): the output projection, apart so that the loss can fuse it with cross entropy and never hold (B, T, V). */
  readonly head: Tensor;
  /** ids (B, T) int64 -> (B, T, C), after the final norm. */
  hidden(ids: Tensor, ctx: Forward): Tensor;
  /** What it has to remember of `batch` sequences of up to `capacity` tokens (contextLength unless given). */
  newCache(batch: number, capacity?: number): Cache;
}

/** What a loss is taken over. */
export interface LossBatch {
  /** (B, T) int64. */
  readonly inputs: Tensor;
  /** (B, T) int64: the token that follows each input, -100 where there is none to predict. */
  readonly targets: Tensor;
}

/** Hidden states (..., C) -> (..., V): of up to 16 rows each comes out the same whatever the others are (on the CPU). */
export const logitsOf = (model: Pick<CausalLm, "head">, hidden: Tensor): Tensor => linear(hidden, model.head);

/** ids (B, T) int64 -> (B, T, V). */
export const logits = (model: CausalLm, ids: Tensor, ctx: Forward): Tensor => logitsOf(model, model.hidden(ids, ctx));

/** The mean cross entropy in nats over the targets that count: a scalar. */
export function loss(model: CausalLm, { inputs, targets }: LossBatch, ctx: Forward): Tensor {
  const hidden = model.hidden(inputs, ctx); // (B, T, C)
  return linearCrossEntropy(hidden.flatten(0, 1), model.head, targets.flatten());
}
