import { invalid } from "./check-input.js";
import { TokenizerError } from "./errors.js";

/** Error for a tokenizer that cannot be extended, with what can. */
export const notExtended = (why: string) =>
  new TokenizerError(
    "UNSUPPORTED_BACKEND",
    `only BPE can be extended, and ${why}: train a new one with \`trainer tokenizer train\``,
  );

/** Error for a text that gives no token. */
export const nothingNew = () =>
  invalid(
    "the text has no pair of tokens that occurs often enough to become a new one: give more text, or a lower minFrequency",
  );
