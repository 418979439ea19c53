import { makeOptimizer as make, type Optimizer, type Tensor } from "@trainer/torch";
import type { TrainOptions } from "../options/options.js";
import { cappedRates } from "../options/schedule.js";

type Rates = Pick<TrainOptions, "learningRate" | "matrixLr" | "pretrainedRunId" | "finetuneLrCap">;
type OptimizerOptions = Rates &
  Pick<TrainOptions, "optimizer" | "weightDecay" | "beta1" | "beta2" | "muonMomentum" | "nsSteps">;

/** The optimizer asked for, with its own defaults where nothing else was said. `head`: (V, C), the output projection. */
export const makeOptimizer = (
  params: ReadonlyMap<string, Tensor>,
  lr: number,
  { optimizer, weightDecay, beta1, beta2, muonMomentum: momentum, nsSteps, ...rates }: OptimizerOptions,
  head: Tensor,
): Optimizer =>
  make(optimizer, params, {
    lr,
    betas: [beta1, beta2],
    weightDecay,
    matrices: new Set(hiddenMatrices(params, head).keys()),
    matrixLrRatio: matrixLrRatio(rates),
    momentum,
    nsSteps,
  });

/** The learning rate of hidden matrices in relation to the others', each below the cap of a fine-tuning. */
function matrixLrRatio({ matrixLr, learningRate, ...cap }: Rates): number {
  const capped = (rate: number) => cappedRates({ ...cap, learningRate: rate, minLr: 0 }).learningRate;
  const others = capped(learningRate);
  return matrixLr === null || others === 0 ? 1 : capped(matrixLr) / others;
}

const EMBEDDING = /wte|embed_tokens|embedding/; // also word_embedding; not wpe: positions stay trainable
const POSITIONS = /wpe|position/;

/** The matrices between embeddings and head, which map hidden states to hidden states: those that Muon is for. */
export function hiddenMatrices(params: ReadonlyMap<string, Tensor>, head: Tensor): Map<string, Tensor> {
  const isHidden = ([name, param]: readonly [string, Tensor]) =>
    param.ndim === 2 && param !== head && !EMBEDDING.test(name.toLowerCase()) && !POSITIONS.test(name.toLowerCase());
  return new Map([...params].filter(isHidden));
}

/** The parameters to train; with `freezeEmbed` the token embeddings (and so a head tied to them) are left out. */
export function trainable(params: ReadonlyMap<string, Tensor>, freezeEmbed: boolean): Map<string, Tensor> {
  const chosen = new Map<string, Tensor>();
  for (const [name, param] of params) {
    if (freezeEmbed && EMBEDDING.test(name.toLowerCase())) param.requiresGrad = false;
    else chosen.set(name, param);
  }
  return chosen;
}
