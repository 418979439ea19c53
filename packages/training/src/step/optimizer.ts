import { makeOptimizer as make, type Optimizer, type Tensor } from "@trainer/torch";
import type { TrainOptions } from "../options/options.js";

type OptimizerOptions = Pick<TrainOptions, "optimizer" | "weightDecay" | "beta1" | "beta2">;

/** The optimizer asked for, with its own defaults where nothing else was said. */
export const makeOptimizer = (
  params: ReadonlyMap<string, Tensor>,
  lr: number,
  { optimizer, weightDecay, beta1, beta2 }: OptimizerOptions,
): Optimizer => make(optimizer, params, { lr, betas: [beta1, beta2], weightDecay });

const EMBEDDING = /wte|embed_tokens|embedding/; // also word_embedding; not wpe: positions stay trainable

/** The parameters to train; with `freezeEmbed` the token embeddings (and so a head tied to them) are left out. */
export function trainable(params: ReadonlyMap<string, Tensor>, freezeEmbed: boolean): Map<string, Tensor> {
  const chosen = new Map<string, Tensor>();
  for (const [name, param] of params) {
    if (freezeEmbed && EMBEDDING.test(name.toLowerCase())) param.requiresGrad = false;
    else chosen.set(name, param);
  }
  return chosen;
}
