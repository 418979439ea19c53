import type { Logprobs } from "@trainer/platform";
import type { Tokenizer } from "@trainer/tokenizers";
import type { ExpectedToken } from "@trainer/training";
import { TextOffsets, tokenText } from "./token-text.js";

/** What is told of the tokens of one text, as it grows. */
export class ToldTokens {
  readonly #tokenizer: Tokenizer;
  readonly #offsets: TextOffsets;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
    this.#offsets = new TextOffsets(tokenizer);
  }

  /** Of a prompt: its first token, and the others with what was expected. */
  prompt(first: number, others: readonly ExpectedToken[]): Logprobs {
    const { tokens, token_logprobs, top_logprobs, text_offset } = this.written(others, [this.#offsets.next(first)]);
    return {
      tokens: [tokenText(this.#tokenizer, first), ...tokens],
      token_logprobs: [null, ...token_logprobs],
      top_logprobs: [null, ...top_logprobs],
      text_offset,
    };
  }

  written(tokens: readonly ExpectedToken[], offsets: readonly number[] = []): Logprobs {
    const text = (id: number) => tokenText(this.#tokenizer, id);
    return {
      tokens: tokens.map(({ id }) => text(id)),
      token_logprobs: tokens.map(({ logprob }) => logprob),
      // Of tokens with one text the likelier counts: it comes first, and so is put last.
      top_logprobs: tokens.map(({ top }) =>
        Object.fromEntries(top.toReversed().map(({ id, logprob }) => [text(id), logprob])),
      ),
      text_offset: [...offsets, ...tokens.map(({ id }) => this.#offsets.next(id))],
    };
  }
}
