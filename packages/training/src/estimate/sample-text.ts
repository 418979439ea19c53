import { DEFAULT_SEQ_LEN } from "@trainer/options";
import { loadTokenizer, type Tokenizer } from "@trainer/tokenizers";
import { conversationsOf } from "../bins/encode-conversations.js";
import { encodeSplits } from "../bins/encode-splits.js";
import { refuseTooShort } from "../bins/build-bins.js";
import { openCorpus } from "../corpus/corpus.js";
import { planSplit } from "../corpus/split-plan.js";
import type { Home } from "../home/home.js";
import { temporaryFolder } from "../home/temporary-folder.js";
import { corpusOptions } from "../options/corpus-options.js";
import { methodOf, type TrainOptions } from "../options/options.js";
import { splitOptions } from "../options/split-options.js";
import { vocabSizeFor } from "../options/vocab-size.js";
import { trainOnCorpus } from "../tokenizer/train-on-corpus.js";

/** Tokens of each split; null for one that is not made. */
export interface SplitTokens {
  readonly train: number;
  readonly validation: number | null;
  readonly test: number | null;
}

/** What a text comes to as tokens. */
export interface TextSize {
  readonly vocabSize: number;
  readonly tokens: SplitTokens;
  /** True if a part of the text was read, by which the whole is judged. */
  readonly isSampled: boolean;
  /** Seconds that reading, learning a vocabulary and encoding take. */
  readonly seconds: number;
}

/** Bytes of text that are read: a text of no more is known exactly, and in about a second. */
export const SAMPLE_BYTES = 4 << 20;

export interface SampleContext {
  readonly home: Home;
  /** Path of the tokenizer that the run has; null where it trains one. */
  readonly tokenizer: string | null;
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  readonly sampleBytes?: number | undefined;
}

/**
 * Splits and encodes the beginning of a corpus as a run does with all of it, in a folder that goes afterwards; a
 * tokenizer that the run would train is trained on it, and kept nowhere.
 *
 * @throws CorpusError and others, as a run on the text
 */
export async function sampleText(options: TrainOptions, context: SampleContext): Promise<TextSize> {
  const { home, threads, signal, sampleBytes = SAMPLE_BYTES } = context;
  const began = performance.now();
  const corpus = await openCorpus(options.corpus, { ...corpusOptions(options, home), signal, most: sampleBytes });
  const split = splitOptions(options);
  let read = 0;
  let isSampled = false;
  const plan = await planSplit(corpus, split, {
    signal,
    onRead: ({ bytes, isCut }) => {
      read = bytes;
      isSampled = isCut;
    },
  });
  const planned = performance.now();
  let counted = planned;
  const train = async (): Promise<Tokenizer> => {
    const trained = await trainOnCorpus(corpus, {
      method: methodOf(options),
      split,
      plan: () => Promise.resolve(plan),
      vocabSize: options.vocabSize ?? vocabSizeFor(corpus.totalBytes),
      minFrequency: options.minFrequency,
      threads,
      signal,
      onProgress: ({ phase }) => {
        if (phase === "count") counted = performance.now();
      },
    });
    return trained.tokenizer;
  };
  const tokenizer = context.tokenizer === null ? await train() : await loadTokenizer(context.tokenizer);
  const learned = performance.now();
  await using folder = await temporaryFolder();
  const { specialTokens, maxSeqLen, preference } = options;
  const conversations = await conversationsOf(corpus, tokenizer, maxSeqLen ?? DEFAULT_SEQ_LEN, preference !== "none");
  const { counts } = await encodeSplits({
    corpus,
    tokenizer,
    plan,
    split,
    folder: folder.path,
    specialTokens,
    conversations,
    frame: tokenizer.frame,
    measureTraining: false,
    threads,
    signal,
    onEncoded: ({ bytes, isCut }) => {
      // Without a split the text is read here first.
      read = bytes;
      isSampled = isCut;
    },
  });
  refuseTooShort(counts, corpus);
  const part = isSampled ? corpus.totalBytes / read : 1;
  const { train: training, validation, test } = counts;
  const whole = ({ tokens }: { readonly tokens: number }) => Math.round(tokens * part);
  const merging = (learned - counted) / 1000; // of a vocabulary, which depends on its size and hardly on the text's
  const reading = (performance.now() - began) / 1000 - merging;
  return {
    vocabSize: tokenizer.vocabSize,
    tokens: { train: whole(training), validation: validation && whole(validation), test: test && whole(test) },
    isSampled,
    seconds: reading * part + merging,
  };
}
