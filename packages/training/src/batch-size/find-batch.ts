import { readModelConfig } from "@trainer/models";
import { loadTokenizer } from "@trainer/tokenizers";
import { devices } from "@trainer/torch";
import { openCorpus } from "../corpus/corpus.js";
import type { FetchContext } from "../home/data-bank.js";
import { TrainingError } from "../errors.js";
import { openHome } from "../home/home.js";
import { resolveTokenizer } from "../home/resolve-tokenizer.js";
import { corpusOptions } from "../options/corpus-options.js";
import { parseTrainOptions, type TrainInput, type TrainOptions } from "../options/options.js";
import { outOfMemory } from "../step/out-of-memory.js";
import { threadsOf } from "../step/threads.js";
import { resolveCompute } from "../step/precision.js";
import { vocabSizeFor } from "../options/vocab-size.js";
import { resolvePretrained, resolveTeacher, seqLenOf } from "../model/pretrained.js";
import { toConfig } from "../options/wire-names.js";
import { searchInProcess } from "./search-in-process.js";
import { pluginUrls } from "../plugins/loaded-plugins.js";
import type { SearchEvent, SearchRequest } from "./search-request.js";

/** Result of a search, with all its trials. */
export interface FoundBatch {
  readonly batchSize: number;
  /** The fastest number of them. */
  readonly threads: number;
  readonly device: "cpu" | "cuda";
  readonly precision: string;
  readonly maxSeqLen: number;
  /** Memory limit of the search. */
  readonly memoryBytes: number;
  readonly batches: readonly BatchTrial[];
  readonly threadTrials: readonly ThreadTrial[];
}
export type BatchTrial = Omit<Extract<SearchEvent, { type: "batch" }>, "type">;
export type ThreadTrial = Omit<Extract<SearchEvent, { type: "threads" }>, "type">;

export interface FindBatchContext extends FetchContext {
  readonly home: string;
  readonly onEvent?: (event: SearchEvent) => void;
  readonly maxBatchSize?: number;
  /**
   * Memory that training may use in all; by default nine tenths of what this machine, or its control group, has left,
   * or of the GPU's.
   */
  readonly memoryBytes?: number;
}

/** Larger batches than this learn less from the same text. */
export const MAX_BATCH_SIZE = 256;

/** Vocabulary without a tokenizer, or a text to derive it from. */
const USUAL_VOCABULARY = 8192;

const NO_CORPUS = "-";

/** The largest batch that a run with these options could have here; a corpus only determines the vocabulary's size. */
export async function findBatch(
  input: Omit<TrainInput, "corpus"> & { readonly corpus?: TrainInput["corpus"] },
  context: FindBatchContext,
): Promise<FoundBatch> {
  const options = parseTrainOptions({ corpus: NO_CORPUS, ...input });
  const where = { ...context, home: openHome(context.home) };
  const pretrained = await resolvePretrained({ ...options, tokenizer: NO_CORPUS }, where);
  const maxSeqLen = seqLenOf(options, pretrained);
  const teacher = await resolveTeacher({ ...options, maxSeqLen }, where);
  const tokenizer = options.tokenizer ?? teacher?.dir ?? null;
  const vocabSize =
    pretrained === null
      ? await vocabularyOf({ ...options, tokenizer }, context.home, input.corpus !== undefined)
      : (await readModelConfig(pretrained.dir)).outline.vocabSize;
  const model = { vocabSize, maxSeqLen, dimensionsFrom: pretrained?.dir ?? null, teacherFrom: teacher?.dir ?? null };
  return searchFor({ options, ...model }, context);
}

/** The same for a run, whose text has so many tokens: more sequences than it holds make no batch. */
export const searchForText = (
  known: Parameters<typeof searchFor>[0],
  tokens: number,
  signal: AbortSignal | undefined,
): Promise<FoundBatch> =>
  searchFor(known, { signal, maxBatchSize: Math.min(MAX_BATCH_SIZE, Math.ceil(tokens / known.maxSeqLen)) });

/** The same where vocabulary, context and weights are known. */
export async function searchFor(
  known: Pick<SearchRequest, "vocabSize" | "maxSeqLen" | "dimensionsFrom" | "teacherFrom"> & {
    readonly options: TrainOptions;
  },
  context: Omit<FindBatchContext, "home">,
): Promise<FoundBatch> {
  const { options, ...model } = known;
  const compute = resolveCompute(options.device, options.precision);
  const { maxBatchSize = MAX_BATCH_SIZE, memoryBytes = memoryToUse(compute.device) } = context;
  const threads = threadsToTry(compute.device, await threadsOf(options.threads));
  const plugins = pluginUrls();
  const request = { ...model, plugins, ...compute, config: toConfig(options), threads, maxBatchSize, memoryBytes };
  const batches: BatchTrial[] = [];
  const threadTrials: ThreadTrial[] = [];
  const found = await searchInProcess(
    request,
    (event) => {
      if (event.type === "batch") batches.push(withoutType(event));
      if (event.type === "threads") threadTrials.push(withoutType(event));
      context.onEvent?.(event);
    },
    context.signal,
  );
  if (found.batchSize === 0) {
    throw new TrainingError(
      outOfMemory(compute.device),
      `not even one sequence of ${model.maxSeqLen} tokens fits into memory; shorter sequences, a smaller model or ` +
        "activation checkpointing need less",
    );
  }
  const { batchSize, threads: fastest } = found;
  const { maxSeqLen } = model;
  return {
    batchSize,
    threads: fastest,
    ...compute,
    maxSeqLen,
    memoryBytes,
    batches,
    threadTrials: byThreads(threadTrials),
  };
}

const byThreads = (trials: readonly ThreadTrial[]) => trials.toSorted((a, b) => a.threads - b.threads);

const withoutType = <E extends { readonly type: string }>({ type: _type, ...rest }: E): Omit<E, "type"> => rest;

/** Nine tenths of what there is: on a GPU of all its memory, on a CPU of what is available. */
export function memoryToUse(device: "cpu" | "cuda", { bytes }: { readonly bytes: readonly number[] } = devices().cuda) {
  const [gpu = 0] = bytes;
  return Math.floor(0.9 * (device === "cuda" ? gpu : process.availableMemory()));
}

/** 1, 2, 4, ... and `most` itself; with a GPU the processor's threads hardly matter. */
export function threadsToTry(device: "cpu" | "cuda", most: number): number[] {
  const powers = Array.from({ length: Math.ceil(Math.log2(most)) }, (_, i) => 2 ** i);
  return device === "cuda" ? [most] : [...powers, most];
}

async function vocabularyOf(options: TrainOptions, home: string, hasCorpus: boolean): Promise<number> {
  if (options.tokenizer !== null) {
    return (await loadTokenizer((await resolveTokenizer(options.tokenizer, openHome(home))).path)).vocabSize;
  }
  if (options.vocabSize !== null) return options.vocabSize;
  if (!hasCorpus) return USUAL_VOCABULARY;
  try {
    return vocabSizeFor((await openCorpus(options.corpus, corpusOptions(options, openHome(home)))).totalBytes);
  } catch (error) {
    throw TrainingError.from(error);
  }
}
