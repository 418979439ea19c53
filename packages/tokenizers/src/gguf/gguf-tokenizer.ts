import { TokenizerError } from "../errors.js";

/** Types of tokens, in GGUF as in SentencePiece's models. */
export const tokenTypes = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** A tokenizer as GGUF describes it, under `tokenizer.ggml`. */
export interface GgufTokenizer {
  /** Its algorithm: byte-level BPE, SentencePiece's BPE, its unigram. */
  readonly model: "gpt2" | "llama" | "t5";
  /** How words are cut, by llama.cpp's name; of byte-level BPE alone. */
  readonly pre: string | null;
  readonly tokens: readonly string[];
  readonly types: readonly number[];
  /** Of SentencePiece alone. */
  readonly scores: readonly number[] | null;
  /** Two tokens with a space between them; of byte-level BPE alone. */
  readonly merges: readonly string[] | null;
  readonly bos: number | null;
  readonly eos: number | null;
  readonly unk: number | null;
  readonly pad: number | null;
  /** Does a text begin with `bos`? */
  readonly addBos: boolean;
  /** Of SentencePiece alone. */
  readonly normalizer: GgufNormalizer | null;
}

export interface GgufNormalizer {
  readonly addSpacePrefix: boolean;
  readonly removeExtraWhitespaces: boolean;
  /** SentencePiece's compiled rules; empty: none. */
  readonly charsmap: Uint8Array;
}

/** A tokenizer that a GGUF file cannot hold. */
export const noGguf = (what: string): TokenizerError =>
  new TokenizerError("UNSUPPORTED_BACKEND", `there is no GGUF of this model: ${what}`);

/** A tokenizer of a GGUF file that cannot be made here. */
export const unreadable = (what: string): TokenizerError => new TokenizerError("TOKENIZER_LOAD_FAILED", what);
