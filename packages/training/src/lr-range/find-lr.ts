import { manualSeed, setNumThreads } from "@trainer/torch";
import { setImmediate } from "node:timers/promises";
import { acquireRun } from "../artifact/ensure-run.js";
import { searchForText } from "../batch-size/find-batch.js";
import { BatchLoader } from "../bins/batch-loader.js";
import { binsOfRun } from "../bins/bins-of-run.js";
import type { BinsProgress } from "../bins/build-bins.js";
import { corpusPaths } from "../corpus/corpus-paths.js";
import { Disposables } from "../disposables.js";
import { TrainingError } from "../errors.js";
import type { FetchContext } from "../home/data-bank.js";
import { fetching } from "../home/fetching.js";
import { runFolder } from "../home/run-folder.js";
import { temporaryFolder } from "../home/temporary-folder.js";
import { assertWeightsFit } from "../model/assert-weights-fit.js";
import { makeLearner } from "../model/learner.js";
import { loadPlugged } from "../model/load-plugged.js";
import { resolvePretrained, seqLenOf } from "../model/pretrained.js";
import { parseTrainOptions, type TrainInput } from "../options/options.js";
import { cappedRates } from "../options/schedule.js";
import type { RunEvent } from "../run/events.js";
import { exclusive } from "../run/exclusive.js";
import { loadedTexts } from "../run/run-data.js";
import { prepareTokenizer } from "../run/prepare-tokenizer.js";
import { RunCorpus } from "../bins/run-corpus.js";
import { setArithmetic } from "../step/arithmetic.js";
import { endOfDocument } from "../step/end-of-document.js";
import { effectiveBatchSize } from "../options/effective-batch-size.js";
import { resolveCompute, type Compute } from "../step/precision.js";
import { trainStep } from "../step/step.js";
import { threadsOf } from "../step/threads.js";
import { RangeTest, rangeLr, type LrRange, type RangePoint } from "./range-test.js";

/** Result of a range test. */
export interface FoundLr extends Compute {
  /** The proposed peak of a rate that falls after warm-up; null where no step had a finite loss. */
  readonly learningRate: number | null;
  /** The loss of each step; fewer than were asked for where it diverged. */
  readonly points: readonly RangePoint[];
  readonly batchSize: number;
  readonly maxSeqLen: number;
}

export interface FindLrContext extends FetchContext {
  /** The folder that holds all state. */
  readonly home: string;
  /** Parent folder of fetched corpora; the home by default. */
  readonly dataRoot?: string | undefined;
  readonly range?: Partial<LrRange>;
  /** Called with each step, and with what a run says of its tokenizer and its text. */
  readonly onPoint?: (point: RangePoint) => void;
  readonly onEvent?: (event: RunEvent) => void;
}

export const LR_RANGE: LrRange = { minLr: 1e-5, maxLr: 1, steps: 100 };

/**
 * Trains as a run with these options would, for some steps in which the learning rate rises from next to nothing to far
 * too much, and proposes a rate by the losses (Smith 2017, "Cyclical Learning Rates for Training Neural Networks"). No
 * run is made; the tokenizer and the encoded text stay in the home for the one that follows.
 *
 * @throws TrainingError as a run with these options would before its first step
 */
export const findLr = (input: TrainInput, context: FindLrContext): Promise<FoundLr> =>
  exclusive(() => TrainingError.within(context.signal, () => tested(input, context)));

async function tested(input: TrainInput, context: FindLrContext): Promise<FoundLr> {
  const { home, signal, onPoint, onEvent = () => {} } = context;
  const range = { ...LR_RANGE, ...context.range };
  const parsed = parseTrainOptions(input);
  const where = fetching(context);
  await loadPlugged(parsed);
  const compute = resolveCompute(parsed.device, parsed.precision);
  using made = new Disposables();
  if (parsed.pretrainedRunId !== null) made.use(await acquireRun(parsed.pretrainedRunId, where)); // no cleanup takes it meanwhile
  const resolved = await resolvePretrained(parsed, where);
  const pretrained = resolved?.dir ?? null;
  const { paths } = made.use(await corpusPaths(parsed, where));
  const options = { ...parsed, corpus: [...paths], maxSeqLen: seqLenOf(parsed, resolved) };
  const threads = await threadsOf(options.threads);
  setNumThreads(threads);
  const text = new RunCorpus(options, where.home);
  const corpus = await text.open({ signal });
  const { plan } = text;
  const asked = { options, home, corpus, plan, pretrained, emit: onEvent, signal };
  const { tokenizer } = await prepareTokenizer(asked);
  if (pretrained === null) assertWeightsFit(options, tokenizer.vocabSize, compute.device);
  const onProgress = (progress: BinsProgress) => onEvent({ type: "data", ...progress });
  const bins = made.use(await binsOfRun(text, options, where.home, { tokenizer, threads, signal, onProgress }));
  const { seed } = options;

  manualSeed(seed);
  made.use(setArithmetic(compute, options.deterministic));
  await using folder = await temporaryFolder(); // of an adapter's base
  const run = { options, compute, folder: runFolder(folder.path, "find-lr") };
  const { model, stepper } = made.use(await makeLearner(run, tokenizer, { pretrained, begun: false }));
  const maxSeqLen = Math.min(options.maxSeqLen, model.contextLength);
  const batchSize =
    effectiveBatchSize(options.batchSize, compute.device, options.modelFamily) ||
    (
      await searchForText(
        { options, vocabSize: model.vocabSize, maxSeqLen, dimensionsFrom: pretrained, teacherFrom: null },
        bins.counts.train.tokens,
        signal,
      )
    ).batchSize;
  const documentEnd = options.maskDocuments ? endOfDocument(model, tokenizer) : null;
  const { device } = compute;
  const padId = tokenizer.specials.pad;
  const reading = { seqLen: maxSeqLen, batchSize, shuffle: true, seed, padId, documentEnd, device };
  const loader = made.use(new BatchLoader(await loadedTexts(bins, options, { seqLen: maxSeqLen, tokenizer }), reading));
  const test = new RangeTest(range);
  for (let step = 1, over = false; !over; step += 1) {
    signal?.throwIfAborted();
    stepper.optimizer.lr = rangeLr(step, range);
    over = test.add(lossOf(() => trainStep(stepper, () => loader.next(), options.gradAccumSteps).loss));
    const point = test.points.at(-1);
    if (point?.step === step) onPoint?.(point);
    await setImmediate(); // lets signals and other work in
  }
  const { learningRate: cap } = cappedRates({ ...options, learningRate: Infinity });
  const learningRate = test.suggestion(cap);
  return { ...compute, learningRate, points: test.points, batchSize, maxSeqLen };
}

/** The loss of a step; infinite where it is no number any more. Other errors are thrown on. */
export function lossOf(step: () => number): number {
  try {
    return step();
  } catch (error) {
    if (TrainingError.from(error).code === "TRAINING_NAN_LOSS") return Infinity;
    throw error;
  }
}

/** The same by the names that answers have. */
export const foundLrFields = ({ learningRate, points, batchSize, maxSeqLen, device, precision }: FoundLr) => ({
  learning_rate: learningRate,
  batch_size: batchSize,
  max_seq_len: maxSeqLen,
  device,
  precision,
  points: points.map(({ step, lr, loss, smoothedLoss }) => ({ step, lr, loss, smoothed_loss: smoothedLoss })),
});
