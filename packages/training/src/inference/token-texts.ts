import { at } from "@trainer/disk";
import { codePoints, type EncodedText } from "@trainer/tokenizers";

/** A part of a text with the place where it begins, in characters (code points). */
export interface TokenText {
  readonly text: string;
  readonly offset: number;
}

/**
 * The part of a text that each token stands for: concatenated they are the text, whatever a tokenizer changes in it. Of
 * several tokens of one character the first has it and the others are empty; text without a token goes with the next
 * one, or with the last.
 */
export function tokenTexts(text: string, { ids, offsets }: EncodedText): TokenText[] {
  let unit = 0;
  let offset = 0;
  return Array.from(ids, (_, token) => {
    const last = token === ids.length - 1;
    const end = last ? text.length : Math.max(unit, at(offsets, 2 * token + 1));
    const part = { text: text.slice(unit, end), offset };
    unit = end;
    offset += codePoints(part.text);
    return part;
  });
}
