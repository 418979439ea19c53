import type { EnsureContext } from "../artifact/ensure-run.js";
import type { Bins } from "../bins/build-bins.js";
import type { TokenBin } from "../bins/token-bin.js";
import type { Split } from "../corpus/held-out.js";
import { TrainingError } from "../errors.js";
import { withModelAtStart } from "../model/model-at-start.js";
import type { RunOptions } from "../options/options.js";
import { planPairs, type PairReading } from "../preference/plan-pairs.js";
import { readReference, sequenceLogProbabilities, type ReferenceOptions } from "../preference/reference.js";
import type { PlannedEvaluation } from "../step/planned-evaluation.js";
import { computeOf } from "./compute-of.js";
import type { OpenModel } from "./open-model.js";

/** Pairs of answers, to evaluate a run on that learnt such. */
export interface PairText {
  readonly bin: TokenBin;
  /** Those that it is of, and its split. */
  readonly bins: Bins;
  readonly split: Split;
  /** The run's. */
  readonly options: RunOptions;
}

/** Plans their evaluation, which compares the run with the model that it began with where it is held to that. */
export async function planPairText(
  opened: OpenModel,
  text: PairText,
  options: Pick<PairReading, "seqLen" | "batchSize" | "seed" | "evalTokens">,
  context: EnsureContext,
): Promise<PlannedEvaluation> {
  const { bin, bins, split } = text;
  const padId = opened.tokenizer.specials.pad;
  const { seqLen, batchSize } = options;
  const reading = { seqLen, batchSize, padId, compute: computeOf(opened), signal: context.signal };
  const reference = text.options.preference === "dpo" ? await referenceOf(opened, text, reading, context) : null;
  const learnt = Number(bins.counts[split].mask?.learnt);
  return planPairs(bin, { ...options, padId, device: opened.device, learnt, reference });
}

/** As the run's folder has it, or made again. */
async function referenceOf(
  { dir, tokenizer }: OpenModel,
  { bin, bins, split, options }: PairText,
  reading: ReferenceOptions,
  context: EnsureContext,
): Promise<Float32Array | null> {
  const kept = await readReference(dir, bins);
  if (kept !== null) return kept[split];
  const run = { options, compute: reading.compute };
  try {
    return await withModelAtStart(run, tokenizer, context, (model) => sequenceLogProbabilities(model, bin, reading));
  } catch (error) {
    const { code, failureClass, message } = TrainingError.from(error);
    const origin = String(options.pretrainedRunId);
    const what = `answers are compared with what ${origin} makes of them, from which the run began: ${message}`;
    throw new TrainingError(code, what, { failureClass, cause: error });
  }
}
