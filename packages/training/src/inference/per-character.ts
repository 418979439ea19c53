import { at } from "@trainer/disk";
import type { EncodedText } from "@trainer/tokenizers";

/** A character of a scored text (a code point) with its surprisal in bits; null where nothing was there to foresee it. */
export interface CharacterScore {
  readonly character: string;
  readonly bits: number | null;
}

/**
 * The surprisal of single characters: the bits of a token are shared evenly by its characters, and those of several
 * tokens that make one character are added. So the bits of all characters sum to those of all tokens. A character of a
 * token without a prediction has null; one that the tokenizer skips has 0.
 *
 * @param surprisal bits of each token; null for a first one without context
 */
export function perCharacter(
  text: string,
  encoded: EncodedText,
  surprisal: readonly (number | null)[],
): CharacterScore[] {
  const characters = Array.from(text);
  const characterAt = new Uint32Array(text.length + 1); // the character that each UTF-16 unit belongs to
  let unit = 0;
  for (const [i, character] of characters.entries()) {
    characterAt.fill(i, unit, unit + character.length);
    unit += character.length;
  }
  characterAt[text.length] = Math.max(0, characters.length - 1);
  const bits = new Float64Array(characters.length);
  const foreseen = new Uint8Array(characters.length).fill(1);
  for (const token of encoded.ids.keys()) {
    const [start, end] = [at(encoded.offsets, 2 * token), at(encoded.offsets, 2 * token + 1)];
    const from = at(characterAt, start);
    const to = end > start ? at(characterAt, end - 1) + 1 : from + 1;
    const own = at(surprisal, token);
    if (own === null) foreseen.fill(0, from, to);
    else {
      const share = own / (to - from);
      for (let i = from; i < to; i += 1) bits[i] = at(bits, i) + share;
      foreseen.fill(1, from, to);
    }
  }
  return characters.map((character, i) => ({ character, bits: foreseen[i] === 1 ? at(bits, i) : null }));
}
