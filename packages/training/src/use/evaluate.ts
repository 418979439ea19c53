import { join, resolve } from "node:path";
import { writeWhole } from "../home/write-whole.js";
import { evaluateSplit, type EvaluationData, type SplitEvaluation } from "../run/evaluate-split.js";
import type { Compute } from "../run/precision.js";
import type { Diversity } from "./diversity.js";
import { EvaluateOptions, type EvaluateInput } from "./evaluate-options.js";
import { openEvaluationText, type EvaluationText, type ReadContext } from "./evaluation-text.js";
import type { OpenModel } from "./open-model.js";
import { parseOptions } from "./parse-options.js";
import { generateSamples, type Sample } from "./samples.js";

export interface Evaluation extends SplitEvaluation {
  readonly split: "validation" | "test" | "external";
  /** The external text. */
  readonly path: string | null;
  /** UTF-8 bytes of the text, and the documents it came in. */
  readonly bytes: number;
  readonly documents: number;
  readonly samples: readonly Sample[];
  readonly diversity: Diversity;
  /** Where metrics.json and samples.jsonl were written. */
  readonly dir: string | null;
}

export interface EvaluateContext extends ReadContext {
  /** Hears how many of the batches are done. */
  readonly onProgress?: (done: number, batches: number) => void;
}

/**
 * The loss of a model on a split of its run's corpus or on another text: mean cross entropy in nats, every token
 * weighing the same, its perplexity, and bits per byte of the text, by which models with different tokenizers compare.
 * The text is cut into the model's contexts one after another, as validation in training does it. Samples are generated
 * from fixed prompts with fixed seeds.
 *
 * Errors: INVALID_INPUT (a model that is no run without a path, a split the run does not have, a corpus that has
 * changed since), CORPUS_NOT_FOUND, and the corpus' own; AbortError when the signal is aborted.
 */
export async function evaluate(opened: OpenModel, input: EvaluateInput, context: EvaluateContext): Promise<Evaluation> {
  const options = parseOptions(EvaluateOptions, input, "the evaluation");
  const { signal } = context;
  using text = await openEvaluationText(opened, options, context);
  const result = await evaluateSplit(opened.model, observed(text, context), computeOf(opened), signal);
  if (result === null) throw new DOMException("the evaluation was stopped before its end", "AbortError");
  const { samples, diversity } = await generateSamples(opened, options.prompts, options.seed, signal);
  const evaluation: Evaluation = {
    ...result,
    split: options.path === null ? options.split : "external",
    path: options.path === null ? null : resolve(options.path),
    bytes: text.bytes,
    documents: text.documents,
    samples,
    diversity,
    dir: outputFolder(opened, options),
  };
  await writeEvaluation(evaluation);
  return evaluation;
}

/** As the run was trained where that is possible, else in full precision. */
export const computeOf = ({ device, manifest }: Pick<OpenModel, "device" | "manifest">): Compute =>
  device === "cuda" && manifest !== null ? { device, precision: manifest.precision } : { device, precision: "fp32" };

function outputFolder({ dir, manifest }: OpenModel, { out }: EvaluateOptions): string | null {
  if (out !== null) return resolve(out);
  return manifest === null ? null : join(dir, "eval");
}

/** The same batches; tells how many are done as each is taken. */
function observed(text: EvaluationText, { onProgress }: EvaluateContext): EvaluationData {
  const { batches, bytes } = text;
  let taken = 0;
  return {
    batches,
    bytes,
    next() {
      onProgress?.(taken, batches);
      taken += 1;
      return text.next();
    },
  };
}

/** The two files of an evaluation, with the names that API clients read. */
async function writeEvaluation(e: Evaluation): Promise<void> {
  if (e.dir === null) return;
  const metrics = {
    loss: e.loss,
    perplexity: e.perplexity,
    bits_per_byte: e.bitsPerByte,
    tokens: e.tokens,
    bytes: e.bytes,
    documents: e.documents,
    split: e.split,
    path: e.path,
    distinct_1: e.diversity.distinct1,
    distinct_2: e.diversity.distinct2,
    repetition_4: e.diversity.repetition4,
  };
  await writeWhole(join(e.dir, "samples.jsonl"), e.samples.map((sample) => `${JSON.stringify(sample)}\n`).join(""));
  await writeWhole(join(e.dir, "metrics.json"), `${JSON.stringify(metrics, null, 2)}\n`);
}
