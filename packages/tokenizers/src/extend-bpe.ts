import type { BpeDefinition } from "./bpe-definition.js";
import { encoderSettings, NO_TOKEN } from "./bpe-encoder-settings.js";
import { mergePairs } from "./bpe-json.js";
import { BpeTokenizer } from "./bpe.js";
import { invalid } from "./check-input.js";
import type { ExtendOptions } from "./extend-tokenizer.js";
import { extendedJson } from "./extended-file.js";
import { learnMerges } from "./learn-merges.js";
import { nothingNew } from "./not-extended.js";

/** Byte-level BPE with tokens more. Throws INVALID_INPUT, and what `trainBpe` throws. */
export async function extendBpe(base: BpeTokenizer, { add, ...options }: ExtendOptions): Promise<BpeTokenizer> {
  const settings = encoderSettings(base.definition);
  const { byteIds, pattern, nfc } = settings;
  const missing = byteIds.indexOf(NO_TOKEN);
  if (missing >= 0)
    throw invalid(
      `the tokenizer has no token for the byte 0x${missing.toString(16)}: one with all 256 can be extended`,
    );
  const { tokens, merges } = await learnMerges(
    { ...options, vocabSize: base.vocabSize + add },
    { tokens: tokensOf(base), byteIds, pattern, nfc, base: settings },
  );
  if (tokens.length === base.vocabSize) throw nothingNew();
  return extended(base, tokens, merges);
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
    () => extendedJson(base.json(), vocab, mergePairs(tokens, merges)),
    base.specials,
    base.beside,
  );
}
