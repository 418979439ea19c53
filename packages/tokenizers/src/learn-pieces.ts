import { at } from "@trainer/disk";
import { byteStrings, type NativeTrainer } from "./addon.js";
import type { ExtendOptions } from "./extend-tokenizer.js";
import { learned } from "./learn-merges.js";
import { type ByteOf, NewCharacters } from "./new-characters.js";
import { runTrainer } from "./run-trainer.js";
import { documentsOfFiles, textBatches } from "./text-batches.js";
import { type PieceRules, ALONE, sidesOf } from "./token-sides.js";
import type { Tokenizer } from "./tokenizer.js";

/** A vocabulary of pieces of text that is gone on from. */
export interface OldPieces {
  readonly base: Tokenizer;
  /** Spellings by id; undefined: an id that is not used. */
  readonly tokens: readonly (string | undefined)[];
  /** Can a text come to be this token, and then a part of another? */
  readonly isText: (id: number) => boolean;
  readonly byteOf: ByteOf;
  readonly rules: PieceRules;
}

/** The largest part of new tokens that are single characters. */
const MOST_CHARACTERS = 1 / 2;

/**
 * New pieces of a text, in the order in which they are merged: the most frequent characters that were several bytes, then
 * what is learned of these and the old pieces. Throws what `trainBpe` throws.
 */
export async function learnPieces(
  { add, minFrequency = 2, ...options }: ExtendOptions,
  { base, tokens, isText, byteOf, rules }: OldPieces,
): Promise<string[]> {
  const characters = new NewCharacters(tokens.length, byteOf, rules.mark);
  const sides = Array.from(tokens, (token, id) => (token !== undefined && isText(id) ? sidesOf(token, rules) : ALONE));
  const { files, unit = "line", texts = [], threads, signal } = options;
  const count = async (trainer: NativeTrainer) => {
    for await (const batch of files === undefined ? textBatches(texts) : documentsOfFiles(files, unit)) {
      signal?.throwIfAborted();
      const settings = { dtype: "uint32", eos: null, ...(threads === undefined ? {} : { threads }) } as const;
      const { ids, counts } = await base.encodeBatch(batch, settings);
      const read = characters.replaced({ ids: new Uint32Array(ids), counts });
      while (sides.length < tokens.length + characters.chars.length)
        sides.push(sidesOf(at(characters.chars, sides.length - tokens.length), rules));
      await trainer.countTokens(read.ids, read.counts, Uint32Array.from(sides), batch.bytes.length);
    }
  };
  let kept: number[] = [];
  const merge = (trainer: NativeTrainer) => {
    kept = characters.mostFrequent(Math.floor(add * MOST_CHARACTERS), minFrequency);
    const all = [...tokens, ...characters.chars];
    const parts = new Set(kept);
    const isPart = (id: number) => (id < tokens.length ? Boolean(tokens[id]) : parts.has(id));
    return trainer.merge({
      vocabSize: all.length + add - kept.length,
      minFrequency,
      tokens: byteStrings(all.map((token) => Buffer.from(token ?? ""))),
      spelled: Uint32Array.from(all, (_, id) => (isPart(id) ? 1 : 0)),
      byteIds: new Uint32Array(),
      base: null,
      ofTokens: true,
      mostChars: rules.mostChars,
      mark: rules.mark,
    });
  };
  const merges = await runTrainer({ ...options, vocabSize: 0 }, { pattern: 0, nfc: false, most: add, count, merge });
  const before = [...tokens, ...characters.chars];
  const made = learned(before, merges).tokens.slice(before.length);
  return [...kept.map((id) => at(before, id)), ...made].map(String);
}
