import type { SentencePieceOptionsGiven } from "./sentencepiece-options.js";
import type { Text } from "./text-batches.js";

/** Progress of a training. A method with one phase only counts. */
export interface TrainProgress {
  /** "count": the text is read; "merge": tokens are made of what was counted. */
  readonly phase: "count" | "merge";
  readonly bytes: number;
  /** Known when training on files. */
  readonly totalBytes: number | null;
  readonly merges: number;
  /** The most there can be; a small text gives fewer. */
  readonly totalMerges: number;
}

/** Lines that a method did not learn from. */
export interface SkippedLines {
  /** Bytes of the whole text, line ends included. */
  readonly bytes: number;
  /** The longest line that is learned from, in bytes; how many were longer, and their bytes. */
  readonly maxSentenceLength: number;
  readonly tooLong: number;
  readonly tooLongBytes: number;
  /** Lines with U+2585, which SentencePiece's trainer has for itself. */
  readonly reserved: number;
  readonly reservedBytes: number;
}

/** Options of every training method. */
export interface TrainOptions {
  /** Files of UTF-8 text; no token reaches from one to the next. */
  readonly files?: readonly string[];
  /**
   * The unit of text in a file. "line" (default): each line with its line feed, as Hugging Face's `train(files)` reads
   * them. "file": the whole file, as `train_from_iterator([text])` would see it; runs of line breaks and indents are
   * then learned as they will be encoded.
   */
  readonly unit?: "line" | "file";
  /** Texts, or batches of them, in any number: only what is learned from them is kept. */
  readonly texts?: Iterable<Text> | AsyncIterable<Text>;
  /** Tokens to end with, special ones included; a small text gives fewer. */
  readonly vocabSize: number;
  /** Default: one a core. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainProgress) => void;
  /** Called once, if the training left lines out. */
  readonly onSkipped?: (skipped: SkippedLines) => void;
}

/** Further options of some methods, listed by `methods` in capabilities.ts. Others ignore them. */
export interface MethodOptions {
  /** Least number of occurrences of a token (default 2). */
  readonly minFrequency?: number;
  /** Default [PAD] [UNK] [BOS] [EOS]. */
  readonly specials?: readonly string[];
  /** Normalization of every text before it is cut; default "none". */
  readonly normalization?: "none" | "NFC";
  /** Options of SentencePiece's own trainer. */
  readonly sentencepiece?: SentencePieceOptionsGiven;
}
