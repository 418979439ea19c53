import {
  tokenizerStatistics,
  trainTokenizer,
  type Documents,
  type MethodOptions,
  type Tokenizer,
  type TrainProgress,
} from "@trainer/tokenizers";
import { methodInfo, type MethodName } from "@trainer/tokenizers/capabilities";
import { leftOutOf, type Corpus, type ReadOptions } from "../corpus/corpus.js";
import { documentsOf, type DocumentBatch } from "../corpus/document-batch.js";
import { noLosses } from "../corpus/left-out.js";
import { splitDocuments } from "../corpus/split-documents.js";
import { planSplit, type SplitOptions, type SplitPlan } from "../corpus/split-plan.js";
import { snakeKeys } from "../options/wire-names.js";
import { LineSample } from "./line-sample.js";
import { type SkippedLines, toSkippedLines } from "./skipped-lines.js";
import { toStats, type TokenizerManifest } from "./manifest.js";

export interface CorpusTokenizerOptions extends Omit<MethodOptions, "specials"> {
  readonly method: MethodName;
  readonly vocabSize: number;
  /** Text held back from training; with none the statistics are of the training text. */
  readonly split: SplitOptions;
  /** Gives the plan by the same corpus and `split` where somebody else has a use for it. */
  readonly plan?: ((read: ReadOptions) => Promise<SplitPlan>) | undefined;
  /** The most lines that the statistics are taken of (default 10,000). */
  readonly sampleLines?: number;
  /** Default: one a core. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: TrainProgress) => void;
}

export interface CorpusTokenizer {
  readonly tokenizer: Tokenizer;
  readonly manifest: TokenizerManifest;
}

const SAMPLE_LINES = 10_000;
const LARGEST_WHOLE = 512 << 20; // bytes
const SENTENCES = 2_000_000;

/**
 * Trains a tokenizer on a corpus, in memory that does not grow with it, and looks at what it makes of a seeded sample of
 * the lines that were held back. Throws what `planSplit` and `trainTokenizer` throw.
 */
export async function trainOnCorpus(corpus: Corpus, options: CorpusTokenizerOptions): Promise<CorpusTokenizer> {
  const { method, split, plan: planned, sampleLines = SAMPLE_LINES, threads, signal, onProgress, ...others } = options;
  const settings = { ...others, sentencepiece: { ...sampling(corpus), ...others.sentencepiece } };
  const plan = await (planned?.({ signal }) ?? planSplit(corpus, split, { signal }));
  const sample = new LineSample(sampleLines, split.seed);
  let losses = noLosses;
  const read: ReadOptions = {
    signal,
    onRead: (progress) => {
      losses = progress.losses;
    },
  };
  let skipped: SkippedLines | undefined;
  const texts = training(corpus, plan, sample, read);
  const tokenizer = await trainTokenizer(method, {
    ...settings,
    texts: { [Symbol.asyncIterator]: () => ({ next: () => texts.next() }) }, // without a way to end it early
    onSkipped: (lines) => {
      skipped = toSkippedLines(lines);
    },
    ...(threads === undefined ? {} : { threads }),
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  }).catch(async (error: unknown) => {
    await texts.return(); // closes the file at hand
    throw error;
  });
  // SentencePiece's trainer may need no more before the end: the statistics are of the whole text all the same.
  for await (const _ of texts);
  const statistics = await tokenizerStatistics(tokenizer, sample.lines, { signal });
  const honoured: readonly string[] = methodInfo(method).options;
  const manifest: TokenizerManifest = {
    created_at: Math.floor(Date.now() / 1000),
    config: {
      method,
      ...(honoured.includes("vocabSize") ? { vocab_size: options.vocabSize } : {}),
      ...(honoured.includes("minFrequency") ? { min_frequency: options.minFrequency } : {}),
      ...(honoured.includes("sentencepiece") ? { sentencepiece: snakeKeys(settings.sentencepiece) } : {}),
      ...(honoured.includes("normalization") ? { normalization: options.normalization ?? "none" } : {}),
      holdout_fraction: split.holdoutFraction,
      seed: split.seed,
      special_tokens: specialTokens(tokenizer),
    },
    left_out: leftOutOf(corpus, losses),
    ...(skipped === undefined ? {} : { skipped_lines: skipped }),
    stats: {
      ...toStats(statistics),
      sample_lines: sample.wholeLines,
      // For single characters, clients get their number.
      ...(method === "char" ? { token_count: tokenizer.vocabSize } : {}),
    },
  };
  return { tokenizer, manifest };
}

/** SentencePiece's trainer holds all that it learns from in memory: of a large corpus it gets a sample. */
const sampling = ({ totalBytes }: Corpus) => (totalBytes > LARGEST_WHOLE ? { inputSentenceSize: SENTENCES } : {});

/** By document, for these need not end with a line feed. */
function addTo(sample: LineSample, batch: DocumentBatch): void {
  for (const document of documentsOf(batch)) sample.add(document);
}

async function* training(
  corpus: Corpus,
  plan: SplitPlan,
  sample: LineSample,
  read: ReadOptions,
): AsyncGenerator<Documents, void, undefined> {
  const heldBack = plan.by !== "nothing";
  for await (const batch of splitDocuments(corpus, plan, read)) {
    if ((batch.split === "train") !== heldBack) addTo(sample, batch);
    if (batch.split === "train") yield batch;
  }
}

function specialTokens(tokenizer: Tokenizer): string[] {
  const { pad, unk, bos, eos } = tokenizer.specials;
  return [pad, unk, bos, eos].filter((id) => id !== null).map((id) => tokenizer.token(id));
}
