import { rm } from "node:fs/promises";
import {
  addLora,
  loadModel,
  planModel,
  readModelConfig,
  saveModel,
  withVocabulary,
  type CausalLm,
} from "@trainer/models";
import type { Tokenizer } from "@trainer/tokenizers";
import { checkVocabulary } from "./pretrained.js";
import type { RunOptions, TrainOptions } from "../options/options.js";
import type { RunFolder } from "../home/run-folder.js";
import type { Compute } from "../step/precision.js";
import { loadNewest } from "./stored-model.js";
import { extensionOf, transferOf, type OtherVocabulary } from "./vocabulary-extension.js";
import { adapterOnly, wholeModel, type TrainedWeights } from "./trained-weights.js";

export interface RunModel {
  readonly model: CausalLm;
  readonly weights: TrainedWeights;
  /** Ids of the tokens that its tokenizer adds to the pretrained model's own; null or absent: it adds none. */
  readonly newTokens?: readonly number[] | null;
  /** True if it is another tokenizer than the pretrained model's, in which that one's tokens have their ids. */
  readonly keepsIds?: boolean;
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
  const { model, ...vocabulary } = await baseModel(run, tokenizer, origin);
  return { ...withAdapter(model, run.options), ...vocabulary };
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

type Base = Required<Pick<RunModel, "model" | "newTokens" | "keepsIds">>;

const asItIs = (model: CausalLm): Base => ({ model, newTokens: null, keepsIds: false });

/** What a tokenizer that was named is to a model, which has so many rows: more tokens, or, where asked for, others. */
const vocabularyOf = async (
  { transferVocabulary }: TrainOptions,
  pretrained: string,
  tokenizer: Tokenizer,
  rows: number,
): Promise<OtherVocabulary | null> =>
  (await extensionOf(pretrained, tokenizer, rows)) ??
  (transferVocabulary ? await transferOf(pretrained, tokenizer) : null);

async function baseModel(
  { options, folder, compute: { device } }: ModelOf,
  tokenizer: Tokenizer,
  { pretrained, begun }: Origin,
): Promise<Base> {
  const adapting = options.loraRank > 0;
  if (begun && adapting) return asItIs((await loadModel(folder.base, { device })).model);
  if (begun) return asItIs((await readModelConfig(folder.path)).build({ device })); // its weights are in the checkpoint
  if (pretrained === null) return asItIs(newModel(options, tokenizer.vocabSize, device));
  const { specials, ...made } = await pretrainedModel({ options, compute: { device } }, tokenizer, pretrained);
  if (!adapting) return made;
  try {
    // A copy: an adapter's base must be the same to its end, whatever happens to its source.
    await rm(folder.base, { recursive: true, force: true });
    await saveModel(folder.base, made.model, specials);
    return made;
  } catch (error) {
    disposeModel(made.model);
    throw error;
  }
}

/** The model that a run starts from, with the vocabulary of the run. */
export async function pretrainedModel(
  { options, compute: { device } }: Pick<ModelOf, "options"> & { readonly compute: Pick<Compute, "device"> },
  tokenizer: Tokenizer,
  pretrained: string,
): Promise<Base & Pick<Awaited<ReturnType<typeof loadNewest>>, "specials">> {
  const { model: stored, specials } = await loadNewest(pretrained, device);
  let model = stored;
  try {
    const other =
      options.tokenizer === null ? null : await vocabularyOf(options, pretrained, tokenizer, stored.vocabSize);
    if (other === null) checkVocabulary(model, tokenizer, { options, pretrained });
    else if (other.newTokens.length > 0 || !other.keepsIds) model = withVocabulary(stored, other.pieces);
    return { model, specials, newTokens: other?.newTokens ?? null, keepsIds: other?.keepsIds ?? false };
  } catch (error) {
    disposeModel(model);
    throw error;
  }
}
