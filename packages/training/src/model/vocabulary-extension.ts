import { isUtf8 } from "node:buffer";
import type { Pieces } from "@trainer/models";
import { loadTokenizer, type Tokenizer } from "@trainer/tokenizers";
import { tokenizerFileIn } from "../home/tokenizer-file.js";

/** Another vocabulary than a model's own, of which rows can be made. */
export interface OtherVocabulary {
  /** The model's tokens that each row is made of; rows without a token stay. */
  readonly pieces: Pieces;
  /** Ids of the tokens that the model's own tokenizer does not have. */
  readonly newTokens: readonly number[];
  /** True if the model's tokens have their ids in it. */
  readonly keepsIds: boolean;
}

/**
 * What a tokenizer adds to the own one of the model in a folder, which has so many rows; null where that has none, or
 * where its tokens are not the tokenizer's first.
 */
export async function extensionOf(dir: string, tokenizer: Tokenizer, rows: number): Promise<OtherVocabulary | null> {
  if ((await tokenizerFileIn(dir)) === null) return null;
  const own = await loadTokenizer(dir);
  if (!beginsWith(tokenizer, own) || own.vocabSize > rows) return null;
  const newTokens = idsFrom(own.vocabSize, tokenizer.vocabSize);
  const cut = cutterOf(own);
  const stay = idsFrom(tokenizer.vocabSize, rows).map((id) => [id]);
  const pieces = [
    ...idsFrom(0, own.vocabSize).map((id) => [id]),
    ...newTokens.map((id) => cut(bytesOf(tokenizer, id))),
    ...stay,
  ];
  return { pieces, newTokens, keepsIds: true };
}

/**
 * The same of a tokenizer that has nothing to do with the model's: each token is made of the old ones of its text, one
 * that pads, begins or ends texts of that with its part. Null where the model has no tokenizer of its own.
 */
export async function transferOf(dir: string, tokenizer: Tokenizer): Promise<OtherVocabulary | null> {
  if ((await tokenizerFileIn(dir)) === null) return null;
  const own = await loadTokenizer(dir);
  const cut = cutterOf(own);
  const parts = new Map<number | null, number | null>();
  for (const part of ["pad", "unk", "bos", "eos"] as const) parts.set(tokenizer.specials[part], own.specials[part]);
  const pieces = idsFrom(0, tokenizer.vocabSize).map((id) => {
    const part = parts.get(id) ?? null;
    return part === null ? cut(bytesOf(tokenizer, id)) : [part];
  });
  const isNew = (id: number) => pieces[id]?.length !== 1;
  return { pieces, newTokens: idsFrom(0, tokenizer.vocabSize).filter(isNew), keepsIds: false };
}

/** Whole numbers from one to below another; none where that is less. */
const idsFrom = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

function beginsWith(tokenizer: Tokenizer, own: Tokenizer): boolean {
  if (tokenizer.vocabSize < own.vocabSize) return false;
  return idsFrom(0, own.vocabSize).every((id) => tokenizer.token(id) === own.token(id));
}

/** A special token is its name: that tells a model more than nothing. */
const bytesOf = (tokenizer: Tokenizer, id: number): Uint8Array =>
  tokenizer.isSpecial(id) ? Buffer.from(tokenizer.token(id)) : tokenizer.tokenBytes(id);

/** Cuts text into tokens; bytes that are no whole characters into the longest tokens that they begin with. */
function cutterOf(own: Tokenizer): (bytes: Uint8Array) => number[] {
  const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
  let known: Map<string, number> | null = null;
  return (bytes) => {
    if (isUtf8(bytes)) return cutText(own, bytes);
    known ??= new Map(idsFrom(0, own.vocabSize).map((id) => [latin1(own.tokenBytes(id)), id]));
    const ids: number[] = [];
    for (let begin = 0, end = bytes.length; begin < bytes.length; end = bytes.length) {
      let id = known.get(latin1(bytes.subarray(begin, end)));
      while (id === undefined && --end > begin) id = known.get(latin1(bytes.subarray(begin, end)));
      if (id !== undefined) ids.push(id);
      begin = Math.max(end, begin + 1); // a byte without a token is left out
    }
    return ids;
  };
}

/** Texts that a token is looked at after: some tokenizers put a space before a text, or take it away. */
const BEFORE = ["", "\n", ".", "x", "1"].map((text) => Buffer.from(text));

/** The tokens of a text in the middle of another where there are such, else of it as a whole. */
function cutText(own: Tokenizer, bytes: Uint8Array): number[] {
  for (const before of BEFORE) {
    const ids = tailOf(own, own.encodeBytes(Buffer.concat([before, bytes])), bytes);
    if (ids !== null) return ids;
  }
  return [...own.encodeBytes(bytes)];
}

/** The last tokens, which are these bytes; null where none begins with them. */
function tailOf(own: Tokenizer, ids: Int32Array, bytes: Uint8Array): number[] | null {
  let from = ids.length;
  let left = bytes.length;
  while (left > 0 && from > 0) left -= own.tokenBytes(Number(ids[--from])).length;
  const tail = [...ids.subarray(from)];
  return Buffer.concat(tail.map((id) => own.tokenBytes(id))).equals(bytes) ? tail : null;
}
