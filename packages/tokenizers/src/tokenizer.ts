/** Ids of the tokens with a part to play; null where a tokenizer has none. */
export interface Specials {
  readonly pad: number | null;
  readonly unk: number | null;
  readonly bos: number | null;
  readonly eos: number | null;
}

/** Ids around a text: what a tokenizer's own template adds, as transformers does with `add_special_tokens`. */
export interface Frame {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Texts (UTF-8) one after another; text i ends before byte `ends[i]`, where the next begins. */
export interface Documents {
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array | Float64Array;
}

export interface EncodeOptions {
  /**
   * Do special tokens that the text spells out become their ids? Default: no, they are text like any other, and special
   * tokens are what a program puts. Added tokens that are not special are found either way.
   */
  readonly specialTokens?: boolean;
}

export interface BatchOptions extends EncodeOptions {
  /** Storage type of ids; uint16 needs a vocabulary of at most 65,536. */
  readonly dtype: "uint16" | "uint32";
  /** The id that follows each document, if any. */
  readonly eos: number | null;
  /** Default: one a core. */
  readonly threads?: number;
}

export interface EncodedBatch {
  /** The ids of all documents, one after another. */
  readonly ids: Uint16Array | Uint32Array;
  /** Number of ids of each document, its `eos` counted. */
  readonly counts: Uint32Array;
  /** Number of special tokens that the texts spelled, where these were allowed. */
  readonly specialTokens: number;
}

export interface EncodedText {
  readonly ids: Int32Array;
  /** Token i was made of `text.slice(offsets[2 * i], offsets[2 * i + 1])`. */
  readonly offsets: Uint32Array;
}

/** The interface of every tokenizer. Bytes that are not UTF-8, and lone surrogates, are read as U+FFFD. */
export interface Tokenizer {
  readonly kind: string;
  /** One more than the largest id: the rows an embedding needs. */
  readonly vocabSize: number;
  readonly specials: Specials;
  /** The begin and end tokens of its template, which the caller adds. */
  readonly frame: Frame;
  /** No special token is added. */
  encode(text: string, options?: EncodeOptions): Int32Array;
  /**
   * The ids of `encode`, each with the part of the text it was made of, in UTF-16 units. A token of part of a character
   * covers the character, as Hugging Face counts; tokens of characters that a normalizer changed together cover them all.
   */
  encodeWithOffsets(text: string, options?: EncodeOptions): EncodedText;
  encodeBytes(utf8: Uint8Array, options?: EncodeOptions): Int32Array;
  /** Encodes many documents on native threads, into the layout of a token bin. */
  encodeBatch(documents: Documents, options: BatchOptions): Promise<EncodedBatch>;
  /**
   * `skipSpecial` (default true) leaves special tokens out. A kind that puts a space before every text leaves one out at
   * the beginning.
   */
  decode(ids: Iterable<number>, options?: { readonly skipSpecial?: boolean }): string;
  /** The bytes of a token in the middle of a text, which may be part of a character. */
  tokenBytes(id: number): Uint8Array;
  /** The token as its file spells it. */
  token(id: number): string;
  isSpecial(id: number): boolean;
  /**
   * Writes the file it is loaded from (`tokenizer.json`, as a rule) into a folder, whole or not at all, and what lay beside
   * it there: tokenizer_config.json, special_tokens_map.json, chat_template.jinja.
   */
  save(folder: string): Promise<void>;
}
