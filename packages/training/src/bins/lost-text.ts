import { missingCharacters } from "@trainer/tokenizers";
import { z } from "zod";

const count = z.int().min(0);

/** Text that is lost in encoding and decoding. */
export const Loss = z.object({
  /** UTF-8 bytes of the characters that are not there, unknown ones among them. */
  bytes: count,
  /** Tokens that stand for something unknown. */
  unknown_tokens: count,
  /** The characters that are lost most often, the most frequent first. */
  characters: z.array(z.string()).readonly(),
});
export type Loss = z.infer<typeof Loss>;

/** Losses of two texts. */
export const lossOfBoth = (a: Loss, b: Loss): Loss => ({
  bytes: a.bytes + b.bytes,
  unknown_tokens: a.unknown_tokens + b.unknown_tokens,
  characters: [...new Set([...a.characters, ...b.characters])].slice(0, TOLD),
});

const TOLD = 5;
const KNOWN = 4096; // different characters that are counted apart

/** Adds up, document by document, what does not come back. */
export class LostText {
  #bytes = 0;
  readonly #characters = new Map<string, number>();

  /**
   * Compares a text with its decoded tokens. Each character counts that occurs fewer times: a tokenizer drops, squeezes
   * or replaces them, but does not reorder. Two texts that differ in order alone count as one byte.
   */
  add(text: Uint8Array, back: string): void {
    const given = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
    if (given.equals(Buffer.from(back))) return;
    let bytes = 0;
    for (const [character, times] of missingCharacters(given.toString(), back)) {
      bytes += times * Buffer.byteLength(character);
      const before = this.#characters.get(character);
      if (before !== undefined || this.#characters.size < KNOWN) this.#characters.set(character, (before ?? 0) + times);
    }
    this.#bytes += Math.max(1, bytes);
  }

  loss(unknownTokens: number): Loss {
    const most = [...this.#characters].toSorted(([, a], [, b]) => b - a).slice(0, TOLD);
    return { bytes: this.#bytes, unknown_tokens: unknownTokens, characters: most.map(([character]) => character) };
  }
}

/** Reason why a text has no figure per byte; null if nothing is lost. */
export function lossNote(loss: Loss, bytes: number): string | null {
  if (loss.bytes === 0) return null;
  const part = `${Number(((100 * loss.bytes) / bytes).toPrecision(2))} % of the text (${loss.bytes} of ${bytes} bytes)`;
  const which = loss.characters.length === 0 ? "" : `, most often ${loss.characters.map(spelled).join(" ")}`;
  const unknown = loss.unknown_tokens === 0 ? "" : `; ${loss.unknown_tokens} of its tokens are the unknown one`;
  return `${part} does not come back from its tokens${which}${unknown}: there is no loss per byte of text that is lost`;
}

const spelled = (character: string): string =>
  /[\p{L}\p{N}\p{P}\p{S}]/u.test(character)
    ? character
    : `U+${Number(character.codePointAt(0)).toString(16).toUpperCase().padStart(4, "0")}`;
