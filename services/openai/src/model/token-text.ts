import { StreamDecoder, codePoints, type Tokenizer } from "@trainer/tokenizers";

/** A token as answers show it: its text, or its bytes where they are no text alone. */
export function tokenText(tokenizer: Tokenizer, id: number): string {
  const bytes = tokenizer.tokenBytes(id);
  if (tokenizer.isSpecial(id)) return tokenizer.token(id);
  try {
    return new TextDecoder("utf-8", { ignoreBOM: true, fatal: true }).decode(bytes);
  } catch {
    return `bytes:${Array.from(bytes, (byte) => String.raw`\x${byte.toString(16).padStart(2, "0")}`).join("")}`;
  }
}

export const tokenBytes = (tokenizer: Tokenizer, id: number): number[] =>
  tokenizer.isSpecial(id) ? [...Buffer.from(tokenizer.token(id))] : [...tokenizer.tokenBytes(id)];

/** Offsets of tokens in a text that grows by them, in characters (code points). */
export class TextOffsets {
  readonly #decoder: StreamDecoder;
  #offset = 0;

  constructor(tokenizer: Tokenizer) {
    this.#decoder = new StreamDecoder(tokenizer);
  }

  /** Where the next token begins. */
  next(id: number): number {
    const offset = this.#offset;
    this.#offset += codePoints(this.#decoder.push(id));
    return offset;
  }
}
