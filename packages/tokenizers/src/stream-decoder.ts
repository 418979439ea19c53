import type { Tokenizer } from "./tokenizer.js";

/**
 * Decodes a stream of ids, as the middle of a text: the result of `push` ends between characters, whatever the tokens
 * cut through.
 */
export class StreamDecoder {
  readonly #tokenizer: Tokenizer;
  readonly #skipSpecial: boolean;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  constructor(tokenizer: Tokenizer, options: { readonly skipSpecial?: boolean } = {}) {
    this.#tokenizer = tokenizer;
    this.#skipSpecial = options.skipSpecial ?? true;
  }

  /** The text that is certain once this token is known; often one token late, never half a character. */
  push(id: number): string {
    const bytes = this.#tokenizer.tokenBytes(id);
    if (this.#skipSpecial && this.#tokenizer.isSpecial(id)) return "";
    return this.#decoder.decode(bytes, { stream: true });
  }

  /** The rest: U+FFFD where the text stops within a character. Ready for another text afterwards. */
  end(): string {
    return this.#decoder.decode();
  }
}
