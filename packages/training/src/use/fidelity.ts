import type { EncodedText, Tokenizer } from "@trainer/tokenizers";
import { codePoints } from "./token-texts.js";

/** What becomes of a text in its tokens. */
export interface Fidelity {
  /** Characters (code points) that the tokenizer does not know: the model reads one and the same token for all of them. */
  readonly unknownCharacters: number;
  /** Whether the tokens give back the text as it is. */
  readonly exact: boolean;
}

export function fidelity(
  text: string,
  encoded: EncodedText,
  tokenizer: Tokenizer,
  options: { readonly specialTokens: boolean },
): Fidelity {
  const { unk } = tokenizer.specials;
  const { ids, offsets } = encoded;
  let unknownCharacters = 0;
  for (const [token, id] of ids.entries()) {
    if (id === unk) unknownCharacters += codePoints(text.slice(offsets[2 * token], offsets[2 * token + 1]));
  }
  const exact = unknownCharacters === 0 && tokenizer.decode(ids, { skipSpecial: !options.specialTokens }) === text;
  return { unknownCharacters, exact };
}
