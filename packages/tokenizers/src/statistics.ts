import { comesBack, roundTrip } from "./round-trip.js";
import { textBatches, type Text } from "./text-batches.js";
import type { Documents, Tokenizer } from "./tokenizer.js";

/** Occurrences of a token in a sample. */
export interface TokenCount {
  readonly id: number;
  /** Its text. */
  readonly text: string;
  readonly count: number;
}

/** Number of texts with a length above the bucket before and at most `upTo`: 1, 2, 4, 8, … */
export interface LengthBucket {
  readonly upTo: number;
  readonly count: number;
}

/** Statistics of a tokenizer on a sample of text. Rates of an empty sample are those of a perfect tokenizer. */
export interface TokenizerStatistics {
  readonly documents: number;
  /** UTF-8 bytes, code points, and runs of what is not white space. */
  readonly bytes: number;
  readonly characters: number;
  readonly words: number;
  readonly tokens: number;
  /** Those of the tokens that are the unknown one. */
  readonly unknown: number;
  /** unknown / tokens. */
  readonly oovRate: number;
  /** 1 - oovRate. */
  readonly coverage: number;
  /** Share of the sample's distinct characters that the tokenizer knows. */
  readonly charCoverage: number;
  /** Share of the sample's bytes that are lost in encoding and decoding. */
  readonly lostShare: number;
  /** Characters of the sample that become unknown tokens, and their share. */
  readonly unknownCharacters: number;
  readonly unknownShare: number;
  /** Does a line break within a text come back? */
  readonly lineBreaks: boolean;
  readonly tokensPerWord: number;
  readonly charactersPerToken: number;
  readonly bytesPerToken: number;
  readonly vocabSize: number;
  /** Tokens of the vocabulary that the sample does not use, the special ones not counted. */
  readonly unusedTokens: number;
  /** Documents by their number of tokens. */
  readonly documentLengths: readonly LengthBucket[];
  /** The most frequent first. */
  readonly mostFrequent: readonly TokenCount[];
}

export interface StatisticsOptions {
  /** Number of most frequent tokens to list (default 20). */
  readonly mostFrequent?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Encodes a sample, in memory that grows with its different characters and the vocabulary alone, and counts. */
export async function tokenizerStatistics(
  tokenizer: Tokenizer,
  texts: Iterable<Text> | AsyncIterable<Text>,
  { mostFrequent = 20, signal }: StatisticsOptions = {},
): Promise<TokenizerStatistics> {
  const uses = new Map<number, number>();
  const text = new TextCounts();
  const lengths = new Lengths();
  let tokens = 0;
  for await (const batch of textBatches(texts)) {
    signal?.throwIfAborted();
    const { ids, counts } = await tokenizer.encodeBatch(batch, { dtype: "uint32", eos: null });
    for (const id of ids) uses.set(id, (uses.get(id) ?? 0) + 1);
    for (const count of counts) lengths.add(count);
    for (const document of documentsOf(batch)) text.add(document, tokenizer);
    tokens += ids.length;
  }
  const { unk } = tokenizer.specials;
  const unknown = unk === null ? 0 : (uses.get(unk) ?? 0);
  const oovRate = unknown / Math.max(1, tokens);
  return {
    documents: lengths.total,
    bytes: text.bytes,
    characters: text.characters,
    words: text.words,
    tokens,
    unknown,
    oovRate,
    coverage: 1 - oovRate,
    charCoverage: charCoverage(tokenizer, text.alphabet),
    lostShare: text.lostBytes / Math.max(1, text.bytes),
    unknownCharacters: text.unknownCharacters,
    unknownShare: text.unknownCharacters / Math.max(1, text.characters),
    lineBreaks: comesBack(tokenizer, "\n"),
    tokensPerWord: tokens / Math.max(1, text.words),
    charactersPerToken: text.characters / Math.max(1, tokens),
    bytesPerToken: text.bytes / Math.max(1, tokens),
    vocabSize: tokenizer.vocabSize,
    unusedTokens: ordinaryIds(tokenizer).filter((id) => !uses.has(id)).length,
    documentLengths: lengths.buckets(),
    mostFrequent: likeliest(tokenizer, uses, mostFrequent),
  };
}

/** The vocabulary's longest tokens by what they stand for, the longest first. */
export function longestTokens(tokenizer: Tokenizer, count: number): { id: number; text: string }[] {
  return ordinaryIds(tokenizer)
    .map((id) => ({ id, bytes: tokenizer.tokenBytes(id).length }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, count)
    .map(({ id }) => ({ id, text: textOf(tokenizer, id) }));
}

const ordinaryIds = (tokenizer: Tokenizer): number[] =>
  Array.from({ length: tokenizer.vocabSize }, (_, id) => id).filter((id) => !tokenizer.isSpecial(id));

/** Text of a token in the middle of a text; part of a character is U+FFFD. */
const textOf = (tokenizer: Tokenizer, id: number): string => new TextDecoder().decode(tokenizer.tokenBytes(id));

function* documentsOf({ bytes, ends }: Documents): Generator<Uint8Array> {
  let start = 0;
  for (const end of ends) {
    yield bytes.subarray(start, end);
    start = end;
  }
}

class TextCounts {
  bytes = 0;
  characters = 0;
  words = 0;
  lostBytes = 0;
  unknownCharacters = 0;
  readonly alphabet = new Set<string>();

  add(utf8: Uint8Array, tokenizer: Tokenizer): void {
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(utf8);
    const { lostBytes, unknownCharacters } = roundTrip(tokenizer, text);
    this.bytes += utf8.length;
    this.lostBytes += lostBytes;
    this.unknownCharacters += unknownCharacters;
    let inWord = false;
    for (const character of text) {
      this.characters += 1;
      this.alphabet.add(character);
      const isSpace = /\s/u.test(character);
      if (!isSpace && !inWord) this.words += 1;
      inWord = !isSpace;
    }
  }
}

class Lengths {
  total = 0;
  readonly #counts = new Map<number, number>();

  add(length: number): void {
    const bucket = Math.ceil(Math.log2(Math.max(1, length)));
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
    this.total += 1;
  }

  buckets(): LengthBucket[] {
    const length = 1 + Math.max(-1, ...this.#counts.keys());
    return Array.from({ length }, (_, bucket) => ({ upTo: 2 ** bucket, count: this.#counts.get(bucket) ?? 0 }));
  }
}

function charCoverage(tokenizer: Tokenizer, alphabet: ReadonlySet<string>): number {
  if (alphabet.size === 0) return 1;
  const { unk } = tokenizer.specials;
  const known = Array.from(alphabet).filter((character) => {
    const ids = tokenizer.encode(character);
    // A kind that drops white space around a text may know it within one.
    return ids.length === 0 ? comesBack(tokenizer, character) : unk === null || !ids.includes(unk);
  });
  return known.length / alphabet.size;
}

function likeliest(tokenizer: Tokenizer, uses: ReadonlyMap<number, number>, most: number): TokenCount[] {
  return Array.from(uses, ([id, count]) => ({ id, count }))
    .sort((a, b) => b.count - a.count || a.id - b.id)
    .slice(0, most)
    .map(({ id, count }) => ({ id, text: textOf(tokenizer, id), count }));
}
