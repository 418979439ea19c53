import { at } from "@trainer/disk";
import { codePoints, missingCharacters } from "./characters.js";
import type { EncodedText, Tokenizer } from "./tokenizer.js";

/** Outcome of encoding and decoding a text. */
export interface RoundTrip {
  /** UTF-8 bytes and characters (code points) of the text. */
  readonly bytes: number;
  readonly characters: number;
  /** Bytes of the characters that do not come back: unknown, changed or left out. */
  readonly lostBytes: number;
  /** Characters that become the unknown token. */
  readonly unknownCharacters: number;
}

type Parts = Pick<Tokenizer, "encodeWithOffsets" | "decode" | "tokenBytes" | "specials">;

/** Encodes a text and decodes it. Characters that come back in another order are not seen. */
export function roundTrip(tokenizer: Parts, text: string): RoundTrip {
  const encoded = tokenizer.encodeWithOffsets(text);
  const { ids } = encoded;
  const unknownCharacters = unknownCharactersOf(text, encoded, tokenizer);
  const back = unknownCharacters === 0 ? tokenizer.decode(ids) : known(tokenizer, text, ids);
  return {
    bytes: Buffer.byteLength(text),
    characters: codePoints(text),
    lostBytes: lost(text, back),
    unknownCharacters,
  };
}

/** Number of characters (code points) of a text that become unknown tokens; of one, each byte may be such a token. */
export function unknownCharactersOf(
  text: string,
  { ids, offsets }: EncodedText,
  { specials }: Pick<Tokenizer, "specials">,
): number {
  let characters = 0;
  let counted = 0; // up to where in the text
  for (const [i, id] of ids.entries()) {
    if (id !== specials.unk) continue;
    const [start, end] = [at(offsets, 2 * i), at(offsets, 2 * i + 1)];
    characters += codePoints(text.slice(Math.max(start, counted), end));
    counted = Math.max(end, counted);
  }
  return characters;
}

/** Text of the other tokens. Decoding them alone would not do: it is for a text that they begin. */
function known(tokenizer: Parts, text: string, ids: Int32Array): string {
  const { unk } = tokenizer.specials;
  const bytes = Buffer.concat(Array.from(ids, (id) => (id === unk ? new Uint8Array() : tokenizer.tokenBytes(id))));
  const back = bytes.toString();
  return back.startsWith(" ") && !text.startsWith(" ") ? back.slice(1) : back; // what a kind puts before every text
}

/** True if a character between others survives encoding and decoding. */
export const comesBack = (tokenizer: Tokenizer, character: string): boolean =>
  tokenizer.decode(tokenizer.encode(`a${character}a`)).includes(character);

/** The bytes of the characters that do not come back. */
function lost(text: string, back: string): number {
  let bytes = 0;
  for (const [character, count] of missingCharacters(text, back)) bytes += count * Buffer.byteLength(character);
  return bytes;
}
