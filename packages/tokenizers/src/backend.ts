import type { Files } from "./save-files.js";
import type { TokenizerConfig } from "./specials.js";
import type { Tokenizer } from "./tokenizer.js";
import type { MethodOptions, TrainOptions } from "./train-options.js";

/** A file that may hold a tokenizer. */
export interface TokenizerFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Its parsed content if it is JSON, else undefined. */
  readonly json: unknown;
  /** Its declared kind: our `kind`, or Hugging Face's `model.type`; null if it is not JSON or declares none. */
  readonly type: string | null;
  readonly config: TokenizerConfig;
  /** Companion files, to be saved with it. */
  readonly beside: Files;
}

/** A kind of tokenizer: which files are its own, how one is read, and how one is made where that can be done. */
export interface TokenizerBackend {
  recognizes(file: TokenizerFile): boolean;
  /** Throws TOKENIZER_LOAD_FAILED, naming what is broken or not supported. */
  load(file: TokenizerFile): Tokenizer | Promise<Tokenizer>;
}

export interface TrainableBackend extends TokenizerBackend {
  /** Throws INVALID_INPUT, CORPUS_EMPTY, CANCELLED, TOKENIZER_TRAIN_FAILED. */
  train(options: TrainOptions & MethodOptions): Promise<Tokenizer>;
}
