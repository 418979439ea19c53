import { resolve } from "node:path";
import { isFile, snake } from "@trainer/disk";
import { loadTokenizer } from "@trainer/tokenizers";
import { acquireRun } from "../artifact/ensure-run.js";
import { memoryToUse } from "../batch-size/find-batch.js";
import { cachedPath, fileIdOf } from "../corpus/corpus-cache.js";
import { Disposables } from "../disposables.js";
import { TrainingError } from "../errors.js";
import type { FetchContext } from "../home/data-bank.js";
import { fetching } from "../home/fetching.js";
import type { Home } from "../home/home.js";
import { resolveTokenizer } from "../home/resolve-tokenizer.js";
import { memoryOf } from "../model/assert-weights-fit.js";
import { loadPlugged } from "../model/load-plugged.js";
import { newModelSize, storedModelSize, storedWeightBytes, type ModelSize } from "../model/model-size.js";
import { resolvePretrained, resolveTeacher, seqLenOf } from "../model/pretrained.js";
import { assertSameTokens } from "../model/teacher.js";
import { parseTrainOptions, type RunOptions, type TrainInput } from "../options/options.js";
import { toConfig } from "../options/wire-names.js";
import { pluginUrls } from "../plugins/loaded-plugins.js";
import { effectiveBatchSize } from "../options/effective-batch-size.js";
import { resolveCompute, type Compute } from "../step/precision.js";
import { isMachineBusy, threadsOf } from "../step/threads.js";
import { courseOf, secondsOf, type Course } from "./course.js";
import { measureInProcess } from "./measure-in-process.js";
import type { Pace } from "./measure-request.js";
import { sampleText, type TextSize } from "./sample-text.js";

/** What a training will be, as far as it can be told before it. */
export interface Estimate extends Compute, Figures {
  /** All the memory there is: of the machine, or its GPU. */
  readonly availableBytes: number;
  readonly threads: number;
  /** True if a part of the text was read, by which the whole is judged. */
  readonly isSampled: boolean;
  /** True if other programs wanted the processor meanwhile: the time is then less certain. */
  readonly isBusy: boolean;
}

/** Null for what is not known. */
interface Figures {
  readonly parameters: number | null;
  readonly trainableParameters: number | null;
  /** Of the text that is trained on. */
  readonly tokens: number | null;
  /** To its end, where it is not stopped early. */
  readonly steps: number | null;
  /** The process's memory at its height; on a GPU that of its tensors. */
  readonly memoryBytes: number | null;
  /** From its beginning to its end, where it is not stopped early and nothing else runs. */
  readonly seconds: number | null;
  /** For each figure that is null, why. */
  readonly reasons: Readonly<Partial<Record<Figure, string>>>;
}
export type Figure = Exclude<keyof Figures, "reasons">;

export interface EstimateContext extends FetchContext {
  /** The folder that holds all state. */
  readonly home: string;
  /** Parent folder of fetched corpora; the home by default. */
  readonly dataRoot?: string | undefined;
  /** Bytes of the text that are read; 4 MiB by default. */
  readonly sampleBytes?: number | undefined;
  /** Memory that trying steps may take in all; by default nine tenths of what there is now. */
  readonly memoryBytes?: number;
  /** Milliseconds that trying steps may take; 20,000 by default. */
  readonly measureMs?: number;
}

const MEASURE_MS = 20_000;

/** What is known, or why it is not. */
type OrReason<T> = T | string;

const FETCHED = "the text is in the file service, and is fetched when the run begins";
const TOO_LARGE = "the model does not fit into the memory that is free now";
const TIMED = "it takes as many as its time allows";
const SEARCHED = "the batch size is looked for when the run begins";

/**
 * The size of a training, its memory and its time, in a few seconds: the beginning of its text is made into tokens as the
 * run would do it, and some steps of its model are taken on random ones, in a process of its own. Nothing of it is kept.
 *
 * @throws TrainingError as a run with these options would before its first step
 */
export const estimateTraining = (input: TrainInput, context: EstimateContext): Promise<Estimate> =>
  TrainingError.within(context.signal, () => estimated(input, context));

async function estimated(input: TrainInput, context: EstimateContext): Promise<Estimate> {
  const parsed = parseTrainOptions(input);
  const where = fetching(context);
  await loadPlugged(parsed);
  const compute = resolveCompute(parsed.device, parsed.precision);
  using uses = new Disposables();
  for (const run of [parsed.pretrainedRunId, parsed.teacher]) if (run !== null) uses.use(await acquireRun(run, where)); // no cleanup takes it meanwhile
  const pretrained = await resolvePretrained(parsed, where);
  const options = { ...parsed, maxSeqLen: seqLenOf(parsed, pretrained) };
  const teacher = await resolveTeacher(options, where);
  const threads = await threadsOf(options.threads);
  const asked = {
    options,
    compute,
    threads,
    pretrained: pretrained?.dir ?? null,
    teacher: teacher?.dir ?? null,
    home: where.home,
    context,
  };
  await assertTaughtTokens(asked);
  const isBusy = await isMachineBusy(compute.device, threads);
  const text = await textOf(asked);
  const model = await modelOf(asked, text);
  return {
    ...compute,
    ...figuresOf({ options, text, model, ...(await needsOf({ ...asked, isBusy }, text, model)) }),
    availableBytes: memoryOf(compute.device),
    threads,
    isSampled: typeof text !== "string" && text.isSampled,
    isBusy,
  };
}

interface Asked {
  readonly options: RunOptions;
  readonly compute: Compute;
  readonly threads: number;
  /** The folder of the model that the run starts from; null without. */
  readonly pretrained: string | null;
  /** The folder of the model that it learns from; null without. */
  readonly teacher: string | null;
  readonly home: Home;
  readonly context: EstimateContext;
}

async function textOf(asked: Asked): Promise<OrReason<TextSize>> {
  const { options, threads, home, context } = asked;
  const paths = await pathsOf(options, home);
  if (paths === null) return FETCHED;
  const tokenizer = await tokenizerOf(asked, asked.pretrained ?? asked.teacher);
  const { signal, sampleBytes } = context;
  return await sampleText({ ...options, corpus: paths }, { home, tokenizer, threads, signal, sampleBytes });
}

/** Path of the tokenizer that the run names; else that of the model it goes on from or learns from, null where it trains one. */
async function tokenizerOf<Other extends string | null>(
  { options: { tokenizer }, home }: Asked,
  other: Other,
): Promise<string | Other> {
  return tokenizer === null ? other : (await resolveTokenizer(tokenizer, home)).path;
}

async function assertTaughtTokens(asked: Asked): Promise<void> {
  const { pretrained, teacher } = asked;
  if (teacher === null) return;
  await assertSameTokens(teacher, await loadTokenizer(await tokenizerOf(asked, pretrained ?? teacher)));
}

/** Paths of the text; null where it is still to be fetched. */
async function pathsOf({ corpus, corpusFileId }: RunOptions, home: Home): Promise<string[] | null> {
  if (corpusFileId === null) return corpus.map((path) => resolve(path));
  const id = fileIdOf(corpusFileId);
  const path = id && cachedPath(home.corpusCache, id);
  return path !== null && (await isFile(path)) ? [path] : null;
}

interface Model extends ModelSize {
  /** Its tokenizer's; without effect where the model is there already. */
  readonly vocabSize: number;
}

async function modelOf(asked: Asked, text: OrReason<TextSize>): Promise<OrReason<Model>> {
  const { options, pretrained, teacher } = asked;
  const known = typeof text === "string" ? null : text.vocabSize;
  if (pretrained !== null) {
    const vocabSize = known ?? (await vocabularyOf(await tokenizerOf(asked, pretrained)));
    return { vocabSize, ...(await storedModelSize(options, pretrained)) };
  }
  const tokenizer = await tokenizerOf(asked, teacher);
  const vocabSize = known ?? (tokenizer === null ? null : await vocabularyOf(tokenizer));
  return vocabSize === null ? FETCHED : { vocabSize, ...newModelSize(options, vocabSize) };
}

const vocabularyOf = async (tokenizer: string): Promise<number> => (await loadTokenizer(tokenizer)).vocabSize;

interface Needs {
  readonly course: OrReason<Course>;
  readonly memoryBytes: OrReason<number>;
  readonly pace: OrReason<Pace>;
}

/** The course of the run, and what its steps need, which are tried. */
async function needsOf(
  asked: Asked & { readonly isBusy: boolean },
  text: OrReason<TextSize>,
  model: OrReason<Model>,
): Promise<Needs> {
  const { options, compute, threads, pretrained, teacher, isBusy, context } = asked;
  if (typeof model === "string") return { course: FETCHED, memoryBytes: model, pace: model };
  const batchSize = effectiveBatchSize(options.batchSize, compute.device, options.modelFamily);
  if (batchSize === 0) return { course: SEARCHED, memoryBytes: SEARCHED, pace: SEARCHED };
  const seqLen = Math.min(options.maxSeqLen, model.contextLength);
  const course = typeof text === "string" ? text : courseOf(options, { tokens: text.tokens, seqLen, batchSize });
  const { memoryBytes = memoryToUse(compute.device), measureMs = MEASURE_MS, signal } = context;
  const weightBytes = model.weightBytes + (teacher === null ? 0 : await storedWeightBytes(teacher));
  if (weightBytes > memoryBytes) return { course, memoryBytes: weightBytes, pace: TOO_LARGE };
  const request = {
    ...compute,
    config: toConfig(options),
    plugins: pluginUrls(),
    vocabSize: model.vocabSize,
    maxSeqLen: seqLen,
    dimensionsFrom: pretrained,
    teacherFrom: teacher,
    threads,
    batchSize,
    batches: options.gradAccumSteps,
    memoryBytes,
    isBusy,
  };
  return { course, ...(await measureInProcess(request, { measureMs, signal })) };
}

interface Known extends Needs {
  readonly options: RunOptions;
  readonly text: OrReason<TextSize>;
  readonly model: OrReason<Model>;
}

function figuresOf({ options, text, model, course, memoryBytes, pace }: Known): Figures {
  const { maxSeconds, maxSteps } = options;
  const ofSteps = map(text, ({ seconds: prepared }) =>
    map(course, (whole) => map(pace, (each) => prepared + secondsOf(whole, each))),
  );
  const figures = {
    parameters: map(model, ({ parameters }) => parameters),
    trainableParameters: map(model, ({ trainableParameters }) => trainableParameters),
    tokens: map(text, ({ tokens }) => tokens.train),
    steps: maxSeconds === null ? map(course, ({ steps }) => steps) : TIMED,
    memoryBytes,
    seconds: maxSeconds === null ? ofSteps : inTime(maxSteps === null ? maxSeconds : ofSteps, maxSeconds),
  };
  const reasons = Object.entries(figures).filter(([, figure]) => typeof figure === "string");
  const orNull = (figure: OrReason<number>) => (typeof figure === "string" ? null : figure);
  return {
    parameters: orNull(figures.parameters),
    trainableParameters: orNull(figures.trainableParameters),
    tokens: orNull(figures.tokens),
    steps: orNull(figures.steps),
    memoryBytes: orNull(figures.memoryBytes),
    seconds: orNull(figures.seconds),
    reasons: Object.fromEntries(reasons),
  };
}

/** Seconds of a run that ends by time at the latest. */
const inTime = (seconds: OrReason<number>, maxSeconds: number) =>
  typeof seconds === "string" ? maxSeconds : Math.min(seconds, maxSeconds);

const map = <T, U>(known: OrReason<T>, of: (value: T) => OrReason<U>): OrReason<U> =>
  typeof known === "string" ? known : of(known);

/** An estimate by the names that answers have. */
export const estimateFields = (estimate: Estimate) => ({
  parameters: estimate.parameters,
  trainable_parameters: estimate.trainableParameters,
  tokens: estimate.tokens,
  steps: estimate.steps,
  memory_bytes: estimate.memoryBytes,
  available_bytes: estimate.availableBytes,
  seconds: estimate.seconds,
  device: estimate.device,
  precision: estimate.precision,
  threads: estimate.threads,
  sampled: estimate.isSampled,
  busy: estimate.isBusy,
  reasons: Object.fromEntries(Object.entries(estimate.reasons).map(([figure, why]) => [snake(figure), why])),
});
