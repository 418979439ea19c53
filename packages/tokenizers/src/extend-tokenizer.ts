import { inspect } from "node:util";
import { BpeTokenizer } from "./bpe.js";
import { invalid } from "./check-input.js";
import { extendBpe } from "./extend-bpe.js";
import { extendPieces } from "./extend-pieces.js";
import { extendSentencePiece } from "./extend-sentencepiece.js";
import { notExtended } from "./not-extended.js";
import { PieceTokenizer } from "./piece.js";
import { SentencePieceTokenizer } from "./sentencepiece.js";
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
 * Adds tokens of a text to a tokenizer: the text is cut by the base, and BPE goes on from there. All old tokens keep
 * their ids, and all old merges come before the new ones, none of which makes an old token: wherever a text has no new
 * token, it is encoded as before.
 *
 * Throws UNSUPPORTED_BACKEND where the base is not BPE, INVALID_INPUT where the text gives no token, and what `trainBpe`
 * throws.
 */
export async function extendTokenizer(base: Tokenizer, options: ExtendOptions): Promise<Tokenizer> {
  check(options, base);
  if (base instanceof BpeTokenizer) return extendBpe(base, options);
  if (base instanceof SentencePieceTokenizer) return extendSentencePiece(base, options);
  if (base instanceof PieceTokenizer) return extendPieces(base, options);
  throw notExtended(`a tokenizer of the kind "${base.kind}" has no merges`);
}

function check({ add, minFrequency = 0, ...options }: ExtendOptions, base: Tokenizer): void {
  checkTrainOptions(options);
  checkWhole("minFrequency", minFrequency);
  const most = LARGEST_ID + 1 - base.vocabSize;
  if (!(Number.isInteger(add) && add >= 1 && add <= most))
    throw invalid(`add must be a whole number from 1 to ${most}, not ${inspect(add)}`);
}
