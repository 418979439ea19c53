import { inspect } from "node:util";
import { modelOf, type BpeDefinition } from "./bpe-definition.js";
import { encoderSettings, NO_TOKEN } from "./bpe-encoder-settings.js";
import { bpeFile, mergePairs } from "./bpe-json.js";
import { BpeTokenizer } from "./bpe.js";
import { invalid } from "./check-input.js";
import { TokenizerError } from "./errors.js";
import { learnMerges } from "./learn-merges.js";
import { parseTokenizerJson } from "./parse-tokenizer-json.js";
import { LARGEST_ID } from "./tokenizer-json.js";
import type { Tokenizer } from "./tokenizer.js";
import { checkTrainOptions, checkWhole } from "./train-input.js";
import type { MethodOptions, TrainOptions } from "./train-options.js";

export interface ExtendOptions
  extends Omit<TrainOptions, "vocabSize" | "onSkipped">, Pick<MethodOptions, "minFrequency"> {
  /** Tokens to add; a small text gives fewer. */
  readonly add: number;
}

/**
 * Adds tokens of a text to a tokenizer: the text is cut by the base, and byte-level BPE goes on from there. All old
 * tokens keep their ids, and all old merges come before the new ones, none of which makes an old token: wherever a text
 * has no new token, it is encoded as before.
 *
 * Throws UNSUPPORTED_BACKEND where the base is not byte-level BPE, INVALID_INPUT where the text gives no token, and
 * what `trainBpe` throws.
 */
export async function extendTokenizer(base: Tokenizer, options: ExtendOptions): Promise<BpeTokenizer> {
  const { add, ...others } = options;
  if (!(base instanceof BpeTokenizer)) {
    const what = `only byte-level BPE (a tokenizer.json with ByteLevel) can be extended, not a tokenizer of the kind "${base.kind}"`;
    throw new TokenizerError("UNSUPPORTED_BACKEND", `${what}: train a new one with \`trainer tokenizer train\``);
  }
  check(options, base);
  const settings = encoderSettings(base.definition);
  const tokens = tokensOf(base);
  const { tokens: all, merges } = await learnMerges(
    { ...others, vocabSize: base.vocabSize + add },
    { tokens, byteIds: settings.byteIds, pattern: settings.pattern, nfc: settings.nfc, base: settings },
  );
  if (all.length === tokens.length)
    throw invalid(
      "the text has no pair of tokens that occurs often enough to become a new one: give more text, or a lower minFrequency",
    );
  return extended(base, all, merges);
}

function check({ add, minFrequency = 0, ...options }: ExtendOptions, base: BpeTokenizer): void {
  checkTrainOptions(options);
  checkWhole("minFrequency", minFrequency);
  const most = LARGEST_ID + 1 - base.vocabSize;
  if (!(Number.isInteger(add) && add >= 1 && add <= most))
    throw invalid(`add must be a whole number from 1 to ${most}, not ${inspect(add)}`);
  const { byteIds } = encoderSettings(base.definition);
  const missing = byteIds.indexOf(NO_TOKEN);
  if (missing >= 0)
    throw invalid(
      `the tokenizer has no token for the byte 0x${missing.toString(16)}: one with all 256 can be extended`,
    );
}

/** Spellings by id; undefined for an id that is not used. */
function tokensOf(base: BpeTokenizer): (string | undefined)[] {
  const tokens = Array.from({ length: base.vocabSize }, (): string | undefined => undefined);
  for (const [token, id] of entriesOf(base.definition)) tokens[id] = token;
  return tokens;
}

/** All tokens with their ids, the added ones too. */
const entriesOf = ({ vocab, added }: BpeDefinition): [token: string, id: number][] => [
  ...new Map([...Object.entries(vocab), ...added.map(({ content, id }): [string, number] => [content, id])]),
];

/**
 * The base with these tokens. Its added tokens are in the new vocabulary too: Hugging Face's library gives those that
 * are not the ids after the vocabulary's last, whatever the file says.
 */
function extended(base: BpeTokenizer, tokens: readonly (string | undefined)[], merges: Uint32Array): BpeTokenizer {
  const vocab = tokens.flatMap((token, id): [string, number][] => (token === undefined ? [] : [[token, id]]));
  const definition: BpeDefinition = {
    ...base.definition,
    vocab: Object.fromEntries(vocab),
    merges: Uint32Array.from([...base.definition.merges, ...merges]),
  };
  return new BpeTokenizer(
    definition,
    () => extendedJson(base, vocab, mergePairs(tokens, merges)),
    base.specials,
    base.beside,
  );
}

/** The base's file with the new vocabulary, its merges as they were and the new ones after them, in the same form. */
function extendedJson(
  base: BpeTokenizer,
  vocab: readonly (readonly [token: string, id: number])[],
  pairs: readonly [string, string][],
): string {
  const file = parseTokenizerJson(JSON.parse(base.json()), "the tokenizer to extend");
  const { merges, ...model } = modelOf(file);
  const added = typeof merges[0] === "string" ? pairs.map((pair) => pair.join(" ")) : pairs;
  return bpeFile({ ...file, model: { ...model, vocab: undefined } }, vocab, [...merges, ...added]);
}
