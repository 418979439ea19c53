import { extendTokenizer, tokenizerStatistics, type Tokenizer } from "@trainer/tokenizers";
import { tokenizerSha256 } from "../bins/bin-tokenizer.js";
import type { Corpus } from "../corpus/corpus.js";
import { learnOnCorpus, type CorpusLearningOptions, type CorpusTokenizer } from "./learn-on-corpus.js";
import type { TokenizerManifest } from "./manifest.js";

export interface CorpusExtensionOptions extends CorpusLearningOptions {
  /** Tokens to add. */
  readonly add: number;
  /** Pairs seen less often become no tokens; default 2. */
  readonly minFrequency?: number;
}

/** A tokenizer to be extended, with its id, or its path where it has none. */
export interface Base {
  readonly id: string;
  readonly tokenizer: Tokenizer;
}

/** An extended tokenizer; its manifest says what it goes on from. */
export interface ExtendedTokenizer extends CorpusTokenizer {
  readonly manifest: TokenizerManifest & { readonly extends: NonNullable<TokenizerManifest["extends"]> };
}

/**
 * Adds tokens of a corpus to a tokenizer, and measures both on the same lines. Throws what `planSplit` and
 * `extendTokenizer` throw.
 */
export async function extendOnCorpus(
  corpus: Corpus,
  { id, tokenizer: base }: Base,
  { add, minFrequency = 2, ...options }: CorpusExtensionOptions,
): Promise<ExtendedTokenizer> {
  const learned = await learnOnCorpus(corpus, options, (given) =>
    extendTokenizer(base, { ...given, add, minFrequency }),
  );
  const { tokenizer, sample, manifest, config } = learned;
  const before = await tokenizerStatistics(base, sample.lines, { signal: options.signal });
  return {
    tokenizer,
    manifest: {
      ...manifest,
      config: { method: methodOf(base), vocab_size: base.vocabSize + add, min_frequency: minFrequency, ...config },
      extends: {
        id,
        sha256: await tokenizerSha256(base),
        vocab_size: base.vocabSize,
        bytes_per_token: before.bytesPerToken,
      },
    },
  };
}

/** The method that trains such a tokenizer. */
const methodOf = ({ kind }: Tokenizer): string => (kind === "sentencepiece" ? kind : "bpe");
