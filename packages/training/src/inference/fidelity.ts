import { unknownCharactersOf, type EncodedText, type Tokenizer } from "@trainer/tokenizers";

/** Fidelity of a text's tokens. */
export interface Fidelity {
  /** Characters (code points) that the tokenizer does not know: the model reads one and the same token for all of them. */
  readonly unknownCharacters: number;
  /** True if the tokens decode to the text. */
  readonly exact: boolean;
}

export function fidelity(
  text: string,
  encoded: EncodedText,
  tokenizer: Tokenizer,
  options: { readonly specialTokens: boolean },
): Fidelity {
  const unknownCharacters = unknownCharactersOf(text, encoded, tokenizer);
  const exact =
    unknownCharacters === 0 && tokenizer.decode(encoded.ids, { skipSpecial: !options.specialTokens }) === text;
  return { unknownCharacters, exact };
}
