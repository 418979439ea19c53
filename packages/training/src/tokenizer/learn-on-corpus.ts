import {
  tokenizerStatistics,
  type Documents,
  type Tokenizer,
  type TrainOptions,
  type TrainProgress,
} from "@trainer/tokenizers";
import type { Turn } from "../corpus/conversation.js";
import { plainTexts } from "../corpus/conversation-documents.js";
import { leftOutOf, type Corpus, type ReadOptions } from "../corpus/corpus.js";
import { documentsOf, type DocumentBatch } from "../corpus/document-batch.js";
import { noLosses } from "../corpus/left-out.js";
import { splitDocuments, type SplitBatch } from "../corpus/split-documents.js";
import { lossesOf, planSplit, type SplitOptions, type SplitPlan } from "../corpus/split-plan.js";
import { LineSample } from "./line-sample.js";
import { toStats, type TokenizerManifest } from "./manifest.js";

/** Options of whatever learns tokens from a corpus. */
export interface CorpusLearningOptions {
  /** Text held back from training; with none the statistics are of the training text. */
  readonly split: SplitOptions;
  /** Gives the plan by the same corpus and `split` where somebody else has a use for it. */
  readonly plan?: ((read: ReadOptions) => Promise<SplitPlan>) | undefined;
  /** The most lines that the statistics are taken of (default 10,000). */
  readonly sampleLines?: number | undefined;
  /** Default: one a core. */
  readonly threads?: number | undefined;
  /** A turn of a conversation as the template will write it, special tokens left out; default: what is said. */
  readonly written?: ((turn: Turn) => string) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TrainProgress) => void) | undefined;
}

/** A tokenizer that a corpus gave. */
export interface CorpusTokenizer {
  readonly tokenizer: Tokenizer;
  readonly manifest: TokenizerManifest;
}

/** The same, and what is for its manifest. */
export interface LearnedOnCorpus {
  readonly tokenizer: Tokenizer;
  /** The sampled lines of the text that was held back. */
  readonly sample: LineSample;
  readonly manifest: Pick<TokenizerManifest, "created_at" | "left_out"> & { readonly stats: Stats };
  /** The part of a manifest's config that says how the text was used, and the special tokens. */
  readonly config: Pick<TokenizerManifest["config"], "holdout_fraction" | "seed" | "special_tokens">;
}

type Stats = ReturnType<typeof toStats>;

const SAMPLE_LINES = 10_000;

/**
 * Has a tokenizer learned of a corpus, in memory that does not grow with it, and looks at what it makes of a seeded sample
 * of the lines that were held back. Throws what `planSplit` and `learn` throw.
 */
export async function learnOnCorpus(
  corpus: Corpus,
  { split, plan: planned, sampleLines = SAMPLE_LINES, threads, written, signal, onProgress }: CorpusLearningOptions,
  learn: (given: Pick<TrainOptions, "texts" | "threads" | "signal" | "onProgress">) => Promise<Tokenizer>,
): Promise<LearnedOnCorpus> {
  const plan = await (planned?.({ signal }) ?? planSplit(corpus, split, { signal }));
  const sample = new LineSample(sampleLines, split.seed);
  let losses = noLosses;
  const read: ReadOptions = {
    signal,
    onRead: (progress) => {
      losses = progress.losses;
    },
  };
  const texts = training(plainTexts(corpus, splitDocuments(corpus, plan, read), written), plan, sample);
  const tokenizer = await learn({
    texts: { [Symbol.asyncIterator]: () => ({ next: () => texts.next() }) }, // without a way to end it early
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
  return {
    tokenizer,
    sample,
    manifest: {
      created_at: Math.floor(Date.now() / 1000),
      left_out: leftOutOf(corpus, lossesOf(plan, losses)),
      stats: { ...toStats(statistics), sample_lines: sample.wholeLines },
    },
    config: {
      holdout_fraction: split.holdoutFraction,
      seed: split.seed,
      special_tokens: specialTokens(tokenizer),
    },
  };
}

/** By document, for these need not end with a line feed. */
function addTo(sample: LineSample, batch: DocumentBatch): void {
  for (const document of documentsOf(batch)) sample.add(document);
}

async function* training(
  batches: AsyncIterable<SplitBatch>,
  plan: SplitPlan,
  sample: LineSample,
): AsyncGenerator<Documents, void, undefined> {
  const heldBack = plan.by !== "nothing";
  for await (const batch of batches) {
    if ((batch.split === "train") !== heldBack) addTo(sample, batch);
    if (batch.split === "train") yield batch;
  }
}

function specialTokens(tokenizer: Tokenizer): string[] {
  const { pad, unk, bos, eos } = tokenizer.specials;
  return [pad, unk, bos, eos].filter((id) => id !== null).map((id) => tokenizer.token(id));
}
