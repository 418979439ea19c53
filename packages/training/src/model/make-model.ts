import { rm } from "node:fs/promises";
import { addLora, loadModel, planModel, readModelConfig, saveModel, type CausalLm } from "@trainer/models";
import type { Tokenizer } from "@trainer/tokenizers";
import { checkVocabulary } from "./pretrained.js";
import type { RunOptions, TrainOptions } from "../options/options.js";
import type { RunFolder } from "../home/run-folder.js";
import type { Compute } from "../step/precision.js";
import { loadNewest } from "./stored-model.js";
import { adapterOnly, wholeModel, type TrainedWeights } from "./trained-weights.js";

export interface RunModel {
  readonly model: CausalLm;
  readonly weights: TrainedWeights;
}

/** The run that a model is made for. */
export interface ModelOf {
  readonly options: RunOptions;
  readonly folder: RunFolder;
  readonly compute: Compute;
}

/** Origin of a run's weights. */
export interface Origin {
  /** The folder of the weights to start from; null for new ones. */
  readonly pretrained: string | null;
  /** True if there is a checkpoint, which will replace the weights made here. */
  readonly begun: boolean;
}

/** The run's model: a new one, a pretrained one, or that with an adapter. */
export async function makeModel(run: ModelOf, tokenizer: Tokenizer, origin: Origin): Promise<RunModel> {
  return withAdapter(await baseModel(run, tokenizer, origin), run.options);
}

/** A new model of the size that the options say; on the meta device it has shapes and takes no memory. */
export function newModel(options: RunOptions, vocabSize: number, device: "cpu" | "cuda" | "meta"): CausalLm {
  const { modelFamily, modelSize: size, modelConfig: dimensions, maxSeqLen: contextLength } = options;
  return planModel(modelFamily, { size, dimensions, vocabSize, contextLength }).build({ device });
}

/** Trained part of a model: with a LoRA rank an adapter, else all of it. The model is freed if it can have none. */
export function withAdapter(base: CausalLm, options: TrainOptions): RunModel {
  const { loraRank: rank, loraAlpha, loraDropout, loraTargets: targets, pretrainedRunId } = options;
  if (rank === 0) return { model: base, weights: wholeModel(base) };
  try {
    const lora = addLora(base, { rank, alpha: loraAlpha ?? 2 * rank, dropout: loraDropout, targets });
    return { model: lora.model, weights: adapterOnly(lora, String(pretrainedRunId)) };
  } catch (error) {
    disposeModel(base);
    throw error;
  }
}

export function disposeModel({ params }: CausalLm): void {
  for (const param of params.list()) param.dispose();
}

async function baseModel(
  { options, folder, compute: { device } }: ModelOf,
  tokenizer: Tokenizer,
  { pretrained, begun }: Origin,
): Promise<CausalLm> {
  const adapting = options.loraRank > 0;
  if (begun && adapting) return (await loadModel(folder.base, { device })).model;
  if (begun) return (await readModelConfig(folder.path)).build({ device }); // its weights are in the checkpoint
  if (pretrained === null) return newModel(options, tokenizer.vocabSize, device);
  const { model, specials } = await loadNewest(pretrained, device);
  try {
    checkVocabulary(model, tokenizer, { options, pretrained });
    // A copy: an adapter's base must be the same to its end, whatever happens to its source.
    if (adapting) {
      await rm(folder.base, { recursive: true, force: true });
      await saveModel(folder.base, model, specials);
    }
    return model;
  } catch (error) {
    disposeModel(model);
    throw error;
  }
}
