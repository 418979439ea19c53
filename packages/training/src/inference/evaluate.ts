import { join, resolve, sep } from "node:path";
import { whyNotWritable } from "@trainer/disk";
import { recordArchive } from "../artifact/archived.js";
import { ensureRun } from "../artifact/ensure-run.js";
import { TrainingError } from "../errors.js";
import type { Home } from "../home/home.js";
import { lossNote, type Loss } from "../bins/lost-text.js";
import { LengthCounter, type Lengths } from "../bins/lengths.js";
import { readManifest } from "../home/manifest.js";
import { figuresOrUndefined } from "../home/metrics-lines.js";
import { sourceLines, type SourceFigures } from "../home/source-figures.js";
import { perplexityOf, type SplitEvaluation } from "../step/evaluate-split.js";
import { evaluateTexts, sourceFigures } from "../step/evaluate-texts.js";
import { compareMetrics, type Comparison } from "./comparison.js";
import { computeOf } from "./compute-of.js";
import type { Diversity } from "./diversity.js";
import { EvaluateOptions, type EvaluateInput } from "@trainer/options";
import { evaluationPlace } from "./evaluation-place.js";
import { openEvaluationText, type EvaluationText, type ReadContext } from "./evaluation-text.js";
import { lastEvaluation, writeEvaluation, type Metrics } from "./evaluation-files.js";
import type { OpenModel } from "./open-model.js";
import { parseOptions } from "../options/parse-options.js";
import { generateSamples, type Sample } from "./samples.js";

export interface Evaluation extends Omit<SplitEvaluation, "perplexity"> {
  /** Null where the loss is no cross entropy: of pairs of answers `figures` tells more. */
  readonly perplexity: number | null;
  /** Figures of each text where the run mixes them; the loss of all is that of their mixture. */
  readonly sources: readonly SourceFigures[];
  readonly split: "validation" | "test" | "external";
  /** The external text. */
  readonly path: string | null;
  /** UTF-8 bytes and characters of the text, of a sample those that were predicted; and the documents it came in. */
  readonly bytes: number;
  readonly characters: number;
  readonly documents: number;
  /** True if a part of the text was drawn. */
  readonly sampled: boolean;
  /** Text that is lost in encoding and decoding. */
  readonly lost: Loss | null;
  /** Reason for missing figures per byte and character; null if there are some. */
  readonly note: string | null;
  readonly documentLengths: Lengths | null;
  /** Tokens between the starts of two windows; null: a whole context. */
  readonly stride: number | null;
  /** Requested number of tokens, about; null: as in training, all of another text. */
  readonly evalTokens: number | null;
  readonly samples: readonly Sample[];
  readonly sampleLengths: Lengths | null;
  readonly diversity: Diversity;
  /** Comparison with the evaluation before, or that of another run; null if there is none. */
  readonly comparison: Comparison | null;
  /** Folder of metrics.json, samples.jsonl and history.jsonl. */
  readonly dir: string | null;
}

export interface EvaluateContext extends ReadContext {
  /** Called with the number of completed batches. */
  readonly onProgress?: (done: number, batches: number) => void;
}

/**
 * The loss of a model on a split of its run's corpus or on another text: mean cross entropy in nats, every token
 * weighing the same, its perplexity, and bits per byte and per character of the text, by which models with different
 * tokenizers compare. The text is cut into the model's contexts one after another, as validation in training does it,
 * or with a stride into windows that overlap. Samples are generated from fixed prompts with fixed seeds. The result is
 * compared with the evaluation before, or with another run's.
 *
 * Errors: INVALID_INPUT (a model that is no run without a path, a split the run does not have, a corpus that has
 * changed since, another run that was not evaluated on the same), RUN_NOT_FOUND, CORPUS_NOT_FOUND, and the corpus' own; AbortError when the signal is aborted.
 */
export async function evaluate(opened: OpenModel, input: EvaluateInput, context: EvaluateContext): Promise<Evaluation> {
  const options = parseOptions(EvaluateOptions, input, "the evaluation");
  const { signal } = context;
  const folder = outputFolder(opened, options);
  const before = await earlier(folder, options, context);
  // What a run's own evaluation is of is its weights as they are stored.
  const dir = opened.weightType === "fp32" || options.out !== null ? folder : null;
  const why = dir === null ? null : await whyNotWritable(dir);
  if (why !== null) throw notKept(dir, why);
  using text = await openEvaluationText(opened, options, context);
  const { sources, ...result } = await measureText(opened, text, context);
  const { samples, diversity } = await generateSamples(opened, options, signal);
  const lengths = new LengthCounter();
  for (const { steps } of samples) lengths.add(steps);
  const evaluation = {
    ...result,
    perplexity: perplexityOf(result),
    sources: sourceFigures(text.sources, sources),
    split: options.path === null ? options.split : ("external" as const),
    path: options.path && resolve(options.path),
    stride: options.stride,
    evalTokens: options.evalTokens,
    bytes: text.bytes,
    characters: text.characters,
    documents: text.documents,
    sampled: text.sampled,
    lost: text.loss,
    note: text.loss && lossNote(text.loss, text.splitBytes),
    documentLengths: text.documentLengths,
    samples,
    sampleLengths: lengths.lengths(),
    diversity,
    dir,
  };
  const metrics = metricsOf(evaluation);
  if (dir !== null) {
    await writeEvaluation(dir, metrics, samples);
    await outdateArchive(opened, dir, context.home);
  }
  const { against, regressionThreshold } = options;
  const name = against ?? "the evaluation before";
  const comparison = before && compareMetrics(name, before, metrics, regressionThreshold);
  return { ...evaluation, comparison };
}

/** The losses of a model on a text. @throws AbortError when the signal is aborted */
export async function measureText(
  opened: OpenModel,
  text: EvaluationText,
  { signal, onProgress }: Pick<EvaluateContext, "signal" | "onProgress">,
) {
  const { objective } = text;
  const compute = computeOf(opened);
  const measured = await evaluateTexts(opened.model, text, compute, signal, undefined, onProgress, objective);
  if (measured === null) throw new DOMException("the evaluation was stopped before its end", "AbortError");
  return measured;
}

/** The error before anything is measured. */
function notKept(dir: string | null, why: string): TrainingError {
  const message = `what is measured could not be kept in ${dir} (${why}): name another folder for it (--out on the command line)`;
  return new TrainingError("FORBIDDEN", message);
}

/** A sent archive lacks an evaluation made now: until it is sent again, no cleanup may remove the run. */
async function outdateArchive({ id, dir, manifest }: OpenModel, written: string, home: Home): Promise<void> {
  const sent = manifest?.artifact_file_id ?? null;
  if (id !== null && sent !== null && isWithin(join(dir, "eval"), written)) await recordArchive(home, id, null);
}

const isWithin = (folder: string, path: string) => path === folder || path.startsWith(`${folder}${sep}`);

/** The text to evaluate. */
const textOf = ({ split, path, stride, evalTokens }: EvaluateOptions) =>
  path === null
    ? { split, path, stride, eval_tokens: evalTokens }
    : { split: "external" as const, path: resolve(path), stride, eval_tokens: evalTokens };

function outputFolder({ dir, manifest }: OpenModel, options: EvaluateOptions): string | null {
  if (options.out !== null) return resolve(options.out);
  return manifest === null ? null : evaluationPlace(dir, manifest.splits, options);
}

/** The evaluation to compare with: the named run's of the same text, or the last one in this model's own folder. */
async function earlier(
  dir: string | null,
  options: EvaluateOptions,
  context: EvaluateContext,
): Promise<Metrics | null> {
  const text = textOf(options);
  const { against } = options;
  if (against === null) return dir === null ? null : lastEvaluation(dir, text);
  const run = await ensureRun(against, context);
  const manifest = await readManifest(join(run.dir, "manifest.json"));
  const other = await lastEvaluation(evaluationPlace(run.dir, manifest?.splits ?? null, options), text);
  if (other !== null) return other;
  const what = text.path ?? `its ${text.split} split`;
  const how = text.stride === null ? "" : ` with a stride of ${text.stride}`;
  const message = `${against} has not been evaluated on ${what}${how} yet: evaluate it first, then compare with it`;
  throw new TrainingError("INVALID_INPUT", message);
}

const metricsOf = (e: Omit<Evaluation, "comparison">): Metrics => ({
  evaluated_at: new Date().toISOString(),
  loss: e.loss,
  perplexity: e.perplexity, // where it is infinite the file has null
  bits_per_byte: e.bitsPerByte,
  bits_per_character: e.bitsPerCharacter,
  tokens: e.tokens,
  bytes: e.bytes,
  characters: e.characters,
  documents: e.documents,
  split: e.split,
  path: e.path,
  stride: e.stride,
  eval_tokens: e.evalTokens,
  sampled: e.sampled,
  lost_bytes: e.lost?.bytes ?? null,
  unknown_tokens: e.lost?.unknown_tokens ?? null,
  note: e.note,
  distinct_1: e.diversity.distinct1,
  distinct_2: e.diversity.distinct2,
  repetition_4: e.diversity.repetition4,
  sample_lengths: e.sampleLengths,
  document_lengths: e.documentLengths,
  figures: figuresOrUndefined(e.figures),
  ...(e.sources.length > 0 && { sources: sourceLines(e.sources) }),
});
