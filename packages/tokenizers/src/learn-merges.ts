import { at } from "@trainer/disk";
import { byteStrings, type EncoderSettings, type NativeTrainer } from "./addon.js";
import { unspell } from "./byte-alphabet.js";
import { runTrainer } from "./run-trainer.js";
import { textBatches } from "./text-batches.js";
import type { MethodOptions, TrainOptions } from "./train-options.js";

/** A vocabulary before the first merge that is learned. */
export interface Beginning {
  /** Spellings by id; undefined: an id that is not used. */
  readonly tokens: readonly (string | undefined)[];
  /** The token of each byte. */
  readonly byteIds: Uint32Array;
  /** Lexer, and whether texts are composed before they are cut. */
  readonly pattern: number;
  readonly nfc: boolean;
  /** The encoder that cuts words first; null: they are cut into bytes. */
  readonly base: EncoderSettings | null;
}

/** A vocabulary with what was learned: the tokens by id, and the merges, triples of left, right and resulting token. */
export interface Learned {
  readonly tokens: readonly (string | undefined)[];
  readonly merges: Uint32Array;
}

/** Learns merges of a text on top of a vocabulary. Throws CORPUS_EMPTY, CANCELLED, TOKENIZER_TRAIN_FAILED. */
export async function learnMerges(
  options: TrainOptions & Pick<MethodOptions, "minFrequency">,
  { tokens, byteIds, pattern, nfc, base }: Beginning,
): Promise<Learned> {
  const { vocabSize, minFrequency = 2 } = options;
  const merges = await runTrainer(options, {
    pattern,
    nfc,
    most: vocabSize - tokens.length,
    count,
    merge: (trainer) =>
      trainer.merge({
        vocabSize,
        minFrequency,
        ...spelledTokens(tokens),
        byteIds,
        base,
        ofTokens: false,
        mostChars: null,
        mark: null,
      }),
  });
  return learned(tokens, merges);
}

async function count(trainer: NativeTrainer, { files, unit, texts = [], signal }: TrainOptions): Promise<void> {
  if (files !== undefined) return trainer.countFiles(files, unit !== "file");
  for await (const { bytes, ends } of textBatches(texts)) {
    signal?.throwIfAborted();
    await trainer.countDocuments(bytes, ends);
  }
}

/** A special token that bytes happen to spell is what those bytes merge to. */
function spelledTokens(tokens: readonly (string | undefined)[]) {
  const bytes = Array.from(tokens, (token) => (token === undefined ? null : unspell(token)));
  return {
    tokens: byteStrings(bytes.map((spelled) => spelled ?? new Uint8Array())),
    spelled: Uint32Array.from(bytes, (spelled) => (spelled === null ? 0 : 1)),
  };
}

/** The tokens there were, and after them those that merges made. */
export function learned(before: readonly (string | undefined)[], merges: Uint32Array): Learned {
  const madeBy = new Map<number, number>();
  for (let i = 0; i < merges.length; i += 3) {
    const result = at(merges, i + 2);
    // A token can come about in several ways; it was first made of two older ones.
    if (at(merges, i) < result && at(merges, i + 1) < result) madeBy.set(result, i);
  }
  const tokens = [...before];
  const made = [...madeBy].filter(([id]) => id >= before.length).sort(([a], [b]) => a - b);
  for (const [, i] of made) tokens.push(`${tokens[at(merges, i)]}${tokens[at(merges, i + 1)]}`);
  return { tokens, merges };
}
