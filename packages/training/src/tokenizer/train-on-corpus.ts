import { CHATML_TOKENS, turnInChatml, turnInLines } from "../conversation/chatml.js";
import { DEFAULT_SPECIALS, trainTokenizer, type MethodOptions } from "@trainer/tokenizers";
import { methodInfo, type MethodName } from "@trainer/tokenizers/capabilities";
import type { Corpus } from "../corpus/corpus.js";
import { snakeKeys } from "../options/wire-names.js";
import { learnOnCorpus, type CorpusLearningOptions, type CorpusTokenizer } from "./learn-on-corpus.js";
import { type SkippedLines, toSkippedLines } from "./skipped-lines.js";

export interface CorpusTokenizerOptions
  extends Omit<MethodOptions, "specials">, Omit<CorpusLearningOptions, "written"> {
  readonly method: MethodName;
  readonly vocabSize: number;
}

const LARGEST_WHOLE = 512 << 20; // bytes
const SENTENCES = 2_000_000;

/** Trains a tokenizer on a corpus. Throws what `planSplit` and `trainTokenizer` throw. */
export async function trainOnCorpus(corpus: Corpus, options: CorpusTokenizerOptions): Promise<CorpusTokenizer> {
  const { method, split, plan, sampleLines, threads, signal, onProgress, ...others } = options;
  const honoured: readonly string[] = methodInfo(method).options;
  // Where conversations are learnt, their turns have tokens of their own.
  const written = honoured.includes("specials") ? turnInChatml : turnInLines;
  const specials = corpus.conversations === null ? {} : { specials: [...DEFAULT_SPECIALS, ...CHATML_TOKENS] };
  const settings = { ...others, ...specials, sentencepiece: { ...sampling(corpus), ...others.sentencepiece } };
  let skipped: SkippedLines | undefined;
  const { tokenizer, manifest, config } = await learnOnCorpus(
    corpus,
    { split, plan, sampleLines, threads, written, signal, onProgress },
    (given) =>
      trainTokenizer(method, {
        ...settings,
        ...given,
        onSkipped: (lines) => {
          skipped = toSkippedLines(lines);
        },
      }),
  );
  return {
    tokenizer,
    manifest: {
      ...manifest,
      config: {
        method,
        ...(honoured.includes("vocabSize") ? { vocab_size: settings.vocabSize } : {}),
        ...(honoured.includes("minFrequency") ? { min_frequency: settings.minFrequency } : {}),
        ...(honoured.includes("sentencepiece") ? { sentencepiece: snakeKeys(settings.sentencepiece) } : {}),
        ...(honoured.includes("normalization") ? { normalization: settings.normalization ?? "none" } : {}),
        ...config,
      },
      ...(skipped === undefined ? {} : { skipped_lines: skipped }),
      // For single characters, clients get their number.
      ...(method === "char" ? { stats: { ...manifest.stats, token_count: tokenizer.vocabSize } } : {}),
    },
  };
}

/** SentencePiece's trainer holds all that it learns from in memory: of a large corpus it gets a sample. */
const sampling = ({ totalBytes }: Corpus) => (totalBytes > LARGEST_WHOLE ? { inputSentenceSize: SENTENCES } : {});
