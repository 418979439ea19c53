import { Adam, AdamW, SGD, type Optimizer, type Tensor } from "@trainer/torch";
import type { TrainOptions } from "../options/options.js";

type OptimizerOptions = Pick<TrainOptions, "optimizer" | "weightDecay" | "beta1" | "beta2">;

/** The optimizer asked for, with PyTorch's defaults where nothing else was said. */
export function makeOptimizer(params: ReadonlyMap<string, Tensor>, lr: number, o: OptimizerOptions): Optimizer {
  const betas = [o.beta1, o.beta2] as const;
  switch (o.optimizer) {
    case "adamw":
      return new AdamW(params, { lr, betas, weightDecay: o.weightDecay ?? 0.01 });
    case "adam":
      return new Adam(params, { lr, betas, weightDecay: o.weightDecay ?? 0 });
    case "sgd":
      return new SGD(params, { lr, weightDecay: o.weightDecay ?? 0 });
  }
}

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
