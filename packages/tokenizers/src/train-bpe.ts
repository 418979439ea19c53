import { addedSpecials, bpeJson, initialTokens } from "./bpe-json.js";
import type { BpeDefinition } from "./bpe-definition.js";
import { BpeTokenizer } from "./bpe.js";
import { alphabet } from "./byte-alphabet.js";
import { invalid } from "./check-input.js";
import { learnMerges } from "./learn-merges.js";
import { patterns } from "./patterns.js";
import { LARGEST_ID } from "./tokenizer-json.js";
import { DEFAULT_SPECIALS, specialsOf } from "./specials.js";
import { checkTrainOptions, checkWhole } from "./train-input.js";
import type { MethodOptions, TrainOptions } from "./train-options.js";

/** `minFrequency`: pairs seen less often are never merged. */
export type TrainBpeOptions = TrainOptions & MethodOptions;

/**
 * Learns a byte-level BPE vocabulary (Sennrich et al. 2016 on bytes) with the merges of Hugging Face's `BpeTrainer`. It
 * may come out smaller than requested, when the text has no more pairs to merge. Throws INVALID_INPUT, CORPUS_EMPTY,
 * CANCELLED, TOKENIZER_TRAIN_FAILED.
 */
export async function trainBpe(options: TrainBpeOptions): Promise<BpeTokenizer> {
  const { specials = DEFAULT_SPECIALS } = options;
  const initial = initialTokens(specials);
  check(options, initial.length);
  const byteIds = new Uint32Array(256);
  for (const { byte, char } of alphabet) byteIds[byte] = initial.indexOf(char);
  const beginning = { tokens: initial, byteIds, pattern: patterns.gpt2.lexer, nfc: false, base: null };
  const learned = await learnMerges(options, beginning);
  const tokens = learned.tokens.map(String);
  const { merges } = learned;
  const unknown = specials.includes("[UNK]") ? "[UNK]" : null;
  const definition: BpeDefinition = {
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges,
    pattern: "gpt2",
    nfc: false,
    ignoreMerges: false,
    fuseUnknown: false,
    unknown: unknown === null ? null : tokens.indexOf(unknown),
    added: addedSpecials(tokens, specials),
  };
  return new BpeTokenizer(definition, () => bpeJson({ tokens, merges, specials, unknown }), specialsOf(tokens));
}

function check(options: TrainBpeOptions, least: number): void {
  const { vocabSize, minFrequency = 0, specials } = options;
  checkTrainOptions(options);
  if (specials?.includes("")) throw invalid("a special token cannot be empty");
  checkWhole("vocabSize", vocabSize);
  checkWhole("minFrequency", minFrequency);
  if (vocabSize >= least && vocabSize <= LARGEST_ID) return;
  throw invalid(
    `vocabSize ${vocabSize} is out of range: byte-level BPE needs ${least} (the special tokens and the 256 bytes) ` +
      `before the first merge, and can have ${LARGEST_ID} at most`,
  );
}
