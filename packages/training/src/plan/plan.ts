import { planDefaults } from "@trainer/options";
import { memoryToUse } from "../batch-size/find-batch.js";
import { corpusPaths } from "../corpus/corpus-paths.js";
import { TrainingError } from "../errors.js";
import { measureInProcess } from "../estimate/measure-in-process.js";
import { sampleText } from "../estimate/sample-text.js";
import type { FetchContext } from "../home/data-bank.js";
import { fetching } from "../home/fetching.js";
import { resolveTokenizer } from "../home/resolve-tokenizer.js";
import { memoryOf } from "../model/assert-weights-fit.js";
import { loadPlugged } from "../model/load-plugged.js";
import { methodOf, parseTrainOptions, type TrainInput, type TrainOptions } from "../options/options.js";
import { snakeKeys, toConfig } from "../options/wire-names.js";
import { pluginUrls } from "../plugins/loaded-plugins.js";
import { resolveCompute, type Compute } from "../step/precision.js";
import { isMachineBusy, threadsOf } from "../step/threads.js";
import { candidatesOf } from "./candidates.js";
import { fitTime, type Outcome } from "./fit-time.js";
import { mostParameters, passesUntilOverfit, vocabularyFor } from "./rule.js";
import type { Settings } from "./settings.js";
import { textFacts } from "./text-facts.js";
import { tryModels, type RatedModel } from "./try-models.js";

/** The training that is expected to give the best model of a text in a time. */
export interface Plan extends Compute, Pick<Outcome, "steps" | "passes" | "seconds" | "bitsPerByte" | "isTextSpent"> {
  /** Settings that the plan decided, by the names of options. */
  readonly decided: Settings;
  /** The options of the whole training. */
  readonly options: TrainOptions;
  readonly parameters: number;
  readonly vocabSize: number;
  /** Tokens of the text that is trained on. */
  readonly tokens: number;
  /** Times through the text after which the loss on other text is expected to rise. */
  readonly passesUntilOverfit: number;
  /** Bits a byte that gzip -9 needs for the text. */
  readonly gzipBitsPerByte: number;
  readonly memoryBytes: number;
  /** All the memory there is: of the machine, or its GPU. */
  readonly availableBytes: number;
  readonly threads: number;
  /** True if other programs wanted the processor meanwhile: the time is then less certain. */
  readonly isBusy: boolean;
  /** The models whose steps were measured, the smallest first. */
  readonly tried: readonly Tried[];
}

export interface Tried {
  readonly parameters: number;
  readonly tokensPerSec: number;
  readonly bitsPerByte: number;
}

export interface PlanContext extends FetchContext {
  /** The folder that holds all state. */
  readonly home: string;
  /** Parent folder of fetched corpora; the home by default. */
  readonly dataRoot?: string | undefined;
  /** Seconds that the training may take in all. */
  readonly seconds: number;
  /** Names of the options that stay as they are; of the others the plan decides those that it knows of. */
  readonly given?: ReadonlySet<string>;
  /** Memory that the training may take in all; by default nine tenths of what there is now. */
  readonly memoryBytes?: number | undefined;
  /** Tries steps of a model. */
  readonly measure?: typeof measureInProcess;
}

/** Milliseconds that the steps of one model may take to be measured. */
const MEASURE_MS = 60_000;

/**
 * Chooses the settings of a training that give the best model of a text on this machine in a time. Steps of a few models are
 * measured; what each model would come to is told by a rule that was fitted to runs (docs/decisions/057). Nothing of it is
 * kept.
 *
 * @throws TrainingError as a run with these options would before its first step; INVALID_INPUT where there is not the time
 * for one, or where the run starts from other weights.
 */
export const planTraining = (input: TrainInput, context: PlanContext): Promise<Plan> =>
  TrainingError.within(context.signal, () => planned(input, context));

async function planned(input: TrainInput, context: PlanContext): Promise<Plan> {
  const { seconds, signal } = context;
  const given = new Set(context.given);
  if (input.batchSize === "auto") given.delete("batchSize"); // a plan has a number of steps, and so one of sequences
  const family = given.has("modelFamily") ? {} : { modelFamily: planDefaults.modelFamily };
  const parsed = parseTrainOptions({ ...input, ...family });
  if (parsed.pretrainedRunId !== null)
    throw new TrainingError("INVALID_INPUT", "a plan is of a new model: one that is there has its size already");
  const where = fetching(context);
  await loadPlugged(parsed);
  const compute = resolveCompute(parsed.device, parsed.precision);
  using text = await corpusPaths(parsed, where);
  const corpus = [...text.paths];
  const threads = await threadsOf(parsed.threads);
  const isBusy = await isMachineBusy(compute.device, threads);
  const facts = await textFacts({ ...parsed, corpus }, where.home, signal);
  const isDecided = parsed.tokenizer === null && methodOf(parsed) === "bpe" && !given.has("vocabSize");
  const first = { ...family, ...(isDecided ? { vocabSize: vocabularyFor(facts.bytes, seconds) } : {}) };
  const tokenizer = parsed.tokenizer && (await resolveTokenizer(parsed.tokenizer, where.home)).path;
  const reading = { home: where.home, tokenizer, threads, signal };
  const size = await sampleText({ ...parseTrainOptions({ ...input, ...first }), corpus }, reading);
  const { vocabSize } = size;
  const { memoryBytes = memoryToUse(compute.device), measure = measureInProcess } = context;
  const candidates = candidatesOf({ input: { ...input, ...first }, given, vocabSize, compute });
  const [best, ...others] = await tryModels(
    candidates.filter(({ body }, i) => i === 0 || body <= mostParameters(facts)),
    {
      memoryBytes,
      fit: (candidate, pace) => fitTime(candidate, pace, { seconds, given, facts, size }),
      measure: ({ options, seqLen, batchSize }) =>
        measure(
          {
            ...compute,
            vocabSize,
            threads,
            batchSize,
            memoryBytes,
            isBusy,
            config: toConfig(options),
            plugins: pluginUrls(),
            maxSeqLen: seqLen,
            dimensionsFrom: null,
            teacherFrom: null,
            batches: options.gradAccumSteps,
          },
          { measureMs: MEASURE_MS, signal },
        ),
    },
  );
  const { candidate, outcome, memoryBytes: needed } = best;
  const decided = { ...first, ...candidate.decided, ...outcome.decided };
  const { steps, passes, seconds: taken, bitsPerByte, isTextSpent } = outcome;
  return {
    ...compute,
    decided,
    steps,
    passes,
    bitsPerByte,
    isTextSpent,
    vocabSize,
    threads,
    isBusy,
    seconds: taken,
    options: parseTrainOptions({ ...input, ...decided }),
    parameters: candidate.parameters,
    tokens: size.tokens.train,
    passesUntilOverfit: passesUntilOverfit(facts, {
      parameters: candidate.body,
      optimizer: candidate.options.optimizer,
    }),
    gzipBitsPerByte: facts.gzipBits,
    memoryBytes: needed,
    availableBytes: memoryOf(compute.device),
    tried: [best, ...others].map(triedOf).toSorted((a, b) => a.parameters - b.parameters),
  };
}

const triedOf = ({ candidate, pace, outcome }: RatedModel): Tried => ({
  parameters: candidate.parameters,
  tokensPerSec: (1000 * candidate.tokensPerStep) / pace.step,
  bitsPerByte: outcome.bitsPerByte,
});

/** A plan by the names that answers have. */
export const planFields = (plan: Plan) => ({
  options: snakeKeys(plan.decided),
  parameters: plan.parameters,
  vocab_size: plan.vocabSize,
  tokens: plan.tokens,
  steps: plan.steps,
  passes: plan.passes,
  passes_until_overfit: plan.passesUntilOverfit,
  text_spent: plan.isTextSpent,
  seconds: plan.seconds,
  bits_per_byte: plan.bitsPerByte,
  gzip_bits_per_byte: plan.gzipBitsPerByte,
  memory_bytes: plan.memoryBytes,
  available_bytes: plan.availableBytes,
  device: plan.device,
  precision: plan.precision,
  threads: plan.threads,
  busy: plan.isBusy,
  tried: plan.tried.map(({ parameters, tokensPerSec, bitsPerByte }) => ({
    parameters,
    tokens_per_sec: tokensPerSec,
    bits_per_byte: bitsPerByte,
  })),
});
