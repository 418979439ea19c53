import { readModelConfig, type CausalLm } from "@trainer/models";
import { optimizerInfo, type Tensor } from "@trainer/torch";
import type { RunOptions } from "../options/options.js";
import { hiddenMatrices, trainable } from "../step/optimizer.js";
import { disposeModel, newModel, withAdapter } from "./make-model.js";

/** Bytes of a number. */
const FLOAT32 = 4;

export interface ModelSize {
  readonly parameters: number;
  readonly trainableParameters: number;
  /** The most tokens that it reads at a time. */
  readonly contextLength: number;
  /** Weights, gradients and the optimizer's state: what a run needs before it reads anything. */
  readonly weightBytes: number;
}

/** The size of a new model of a run, of which nothing is made but its shapes. */
export const newModelSize = (options: RunOptions, vocabSize: number): ModelSize =>
  sizeOf(newModel(options, vocabSize, "meta"), options);

/** The same of a run that starts from the model in a folder. */
export async function storedModelSize(options: RunOptions, dir: string): Promise<ModelSize> {
  return sizeOf((await readModelConfig(dir)).build({ device: "meta" }), options);
}

/** Bytes of the weights alone of the model in a folder. */
export async function storedWeightBytes(dir: string): Promise<number> {
  const model = (await readModelConfig(dir)).build({ device: "meta" });
  const bytes = FLOAT32 * model.params.count();
  disposeModel(model);
  return bytes;
}

function sizeOf(shapes: CausalLm, options: RunOptions): ModelSize {
  const { model, weights } = withAdapter(shapes, options);
  const parameters = model.params.count();
  const trained = trainable(weights.params.named(), options.freezeEmbed);
  const trainableParameters = numbersOf(trained);
  const inMatrices = numbersOf(hiddenMatrices(trained, model.head));
  const { contextLength } = model;
  disposeModel(model);
  const { moments, matrixMoments = moments } = optimizerInfo(options.optimizer);
  const average = options.emaDecay > 0 ? trainableParameters : 0;
  const state = matrixMoments * inMatrices + moments * (trainableParameters - inMatrices) + average;
  const weightBytes = FLOAT32 * (parameters + trainableParameters + state); // a gradient of each that is trained
  return { parameters, trainableParameters, contextLength, weightBytes };
}

const numbersOf = (tensors: ReadonlyMap<string, Tensor>): number =>
  [...tensors.values()].reduce((sum, { numel }) => sum + numel, 0);
