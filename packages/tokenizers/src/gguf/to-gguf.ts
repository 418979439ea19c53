import { BpeTokenizer } from "../bpe.js";
import { PieceTokenizer } from "../piece.js";
import { SentencePieceTokenizer } from "../sentencepiece.js";
import type { Tokenizer } from "../tokenizer.js";
import { bpeToGguf } from "./bpe-to-gguf.js";
import { noGguf, tokenTypes, type GgufTokenizer } from "./gguf-tokenizer.js";
import { marksBeginningOnce, piecesToGguf } from "./pieces-to-gguf.js";
import { sentencePieceToGguf } from "./sentencepiece-to-gguf.js";

export interface ToGgufOptions {
  /** Rows of the model's embedding: as many tokens are listed. */
  readonly vocabSize: number;
  /** The token that ends a text, where the tokenizer itself names none. */
  readonly eosId: number | null;
}

/** In a file that is written both are said. */
export interface WrittenTokenizer extends GgufTokenizer {
  readonly bos: number;
  readonly eos: number;
  /** What llama.cpp does otherwise all the same, for people. */
  readonly notes: readonly string[];
}

/**
 * A tokenizer as GGUF describes it, by which llama.cpp makes the same ids of a text. Throws UNSUPPORTED_BACKEND for one
 * that it cannot have, naming why.
 */
export function tokenizerToGguf(tokenizer: Tokenizer, { vocabSize, eosId }: ToGgufOptions): WrittenTokenizer {
  const { before } = tokenizer.frame;
  if (before.length > 1)
    throw noGguf(`its tokenizer begins a text with ${before.length} tokens, and llama.cpp with one`);
  const made = parts(tokenizer);
  const eos = eosId ?? made.eos;
  // Without one llama.cpp would take a token of its own choice, whatever that is here.
  if (eos === null) throw noGguf("its tokenizer has no token that ends a text, and llama.cpp needs one");
  const tokens = [...made.tokens];
  const types = [...made.types];
  const used = new Set(tokens);
  for (let id = 0; id < vocabSize; id++) {
    if (tokens[id] !== undefined && tokens[id] !== "") continue;
    let name = `[UNUSED${id}]`;
    while (used.has(name)) name = `[${name}]`;
    used.add(name);
    tokens[id] = name;
    types[id] = tokenTypes.unused;
  }
  const scores = made.scores && tokens.map((_, id) => made.scores?.[id] ?? 0);
  return {
    ...made,
    tokens,
    types,
    scores,
    bos: made.bos ?? eos,
    eos,
    addBos: before.length > 0,
    notes: notesOf(tokenizer),
  };
}

/** Differences of published tokenizers, whose files have them everywhere. */
function notesOf(tokenizer: Tokenizer): string[] {
  if (tokenizer instanceof BpeTokenizer && tokenizer.definition.nfc)
    return [
      "llama.cpp does not bring texts to their normal form (NFC), as this tokenizer does: others get other ids there.",
    ];
  if (tokenizer instanceof PieceTokenizer && marksBeginningOnce(tokenizer.definition))
    return [
      "llama.cpp puts a space before every text and after every special token; this tokenizer puts none before a text that begins with one: such texts, and conversations, get other ids there.",
    ];
  return [];
}

function parts(tokenizer: Tokenizer): Omit<GgufTokenizer, "addBos"> {
  if (tokenizer instanceof BpeTokenizer) return bpeToGguf(tokenizer);
  if (tokenizer instanceof SentencePieceTokenizer) return sentencePieceToGguf(tokenizer);
  if (tokenizer instanceof PieceTokenizer) return piecesToGguf(tokenizer);
  const why =
    tokenizer.kind === "char"
      ? "its tokenizer is of single characters (char), which llama.cpp has not"
      : `its tokenizer is of the kind "${tokenizer.kind}", and what can be written is byte-level BPE and SentencePiece`;
  throw noGguf(why);
}
