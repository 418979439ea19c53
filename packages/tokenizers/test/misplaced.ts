import type { Tokenizer } from "../src/tokenizer.js";

/** Where each token begins, in bytes, and the tokens. */
function placesOf(tokenizer: Tokenizer, text: string): Map<number, number> {
  let begin = 0;
  return new Map(
    Array.from(tokenizer.encode(text), (id) => {
      const here = begin;
      begin += tokenizer.tokenBytes(id).length;
      return [here, id];
    }),
  );
}

/** Tokens that begin where the base has none, and old ones that the base does not have there. */
export function misplaced(base: Tokenizer, extended: Tokenizer, text: string): [begin: number, id: number][] {
  const before = placesOf(base, text);
  return [...placesOf(extended, text)].filter(
    ([begin, id]) => !before.has(begin) || (id < base.vocabSize && before.get(begin) !== id),
  );
}
