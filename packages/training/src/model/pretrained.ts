import { join } from "node:path";
import { readModelConfig, type CausalLm } from "@trainer/models";
import { DEFAULT_SEQ_LEN } from "@trainer/options";
import type { Tokenizer } from "@trainer/tokenizers";
import { ensureRun, type EnsureContext } from "../artifact/ensure-run.js";
import { TrainingError } from "../errors.js";
import type { ResolvedRun } from "../home/resolve-run.js";
import { tokenizerFileIn } from "../home/tokenizer-file.js";
import { readManifest } from "../home/manifest.js";
import type { RunOptions, TrainOptions } from "../options/options.js";
import { weightsOf } from "./stored-model.js";

/** The weights that a run starts from. */
export interface Pretrained extends ResolvedRun {
  /** The most tokens the model reads at a time. */
  readonly contextLength: number;
}

/**
 * The model that a run starts from, fetched if a cleanup has removed it; null for none.
 *
 * Errors: RUN_NOT_FOUND; TOKENIZER_NOT_FOUND (it has none, and none was named); MODEL_INCOMPATIBLE (longer sequences
 * are requested than it can read); those of `readModelConfig`.
 */
export async function resolvePretrained(
  { pretrainedRunId, tokenizer, maxSeqLen }: Pick<TrainOptions, "pretrainedRunId" | "tokenizer" | "maxSeqLen">,
  context: EnsureContext,
): Promise<Pretrained | null> {
  if (pretrainedRunId === null) return null;
  const resolved = await ensureRun(pretrainedRunId, context);
  const { dir } = resolved;
  const contextLength = await contextLengthOf(dir);
  await weightsOf(dir, await readManifest(join(dir, "manifest.json")));
  if (tokenizer === null && (await tokenizerFileIn(dir)) === null) {
    throw new TrainingError(
      "TOKENIZER_NOT_FOUND",
      `${dir} holds no tokenizer, and weights are of no use with a new one: name the tokenizer that they were trained with`,
    );
  }
  if (maxSeqLen !== null && maxSeqLen > contextLength) {
    throw incompatible(
      `sequences of ${maxSeqLen} tokens are asked for, but the model ${dir} reads at most ${contextLength}: ` +
        "ask for as many or fewer, or for none, which takes the model's",
    );
  }
  return { ...resolved, contextLength };
}

/** The model that a run of sequences of this length learns from; as `resolvePretrained`, and with a tokenizer of its own. */
export const resolveTeacher = (
  { teacher, maxSeqLen }: Pick<RunOptions, "teacher" | "maxSeqLen">,
  context: EnsureContext,
): Promise<Pretrained | null> => resolvePretrained({ pretrainedRunId: teacher, tokenizer: null, maxSeqLen }, context);

/** Tokens of context of a run: those asked for, else all that the model reads that it starts from. */
export const seqLenOf = (
  { maxSeqLen }: Pick<TrainOptions, "maxSeqLen">,
  pretrained: Pick<Pretrained, "contextLength"> | null,
): number => maxSeqLen ?? pretrained?.contextLength ?? DEFAULT_SEQ_LEN;

async function contextLengthOf(dir: string): Promise<number> {
  try {
    return (await readModelConfig(dir)).outline.contextLength;
  } catch (error) {
    throw TrainingError.from(error);
  }
}

/**
 * Refuses a tokenizer that is not the model's. Its own may have fewer tokens: many embeddings are padded to a round
 * number of rows.
 */
export function checkVocabulary(
  model: CausalLm,
  tokenizer: Tokenizer,
  { options, pretrained }: { readonly options: Pick<TrainOptions, "tokenizer">; readonly pretrained: string },
): void {
  const own = options.tokenizer === null;
  if (tokenizer.vocabSize === model.vocabSize || (own && tokenizer.vocabSize < model.vocabSize)) return;
  throw incompatible(
    `the tokenizer has ${tokenizer.vocabSize} tokens, but the pretrained model ${pretrained} has ${model.vocabSize}: ` +
      "use the tokenizer that it was trained with, or one that goes on from that (`trainer tokenizer extend`), or ask for transferVocabulary",
  );
}

const incompatible = (message: string) => new TrainingError("MODEL_INCOMPATIBLE", message);
