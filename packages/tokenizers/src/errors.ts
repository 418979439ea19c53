export type TokenizerErrorCode =
  | "TOKENIZER_NOT_FOUND"
  | "TOKENIZER_LOAD_FAILED"
  | "TOKENIZER_TRAIN_FAILED"
  | "UNSUPPORTED_BACKEND"
  | "INVALID_INPUT"
  | "CORPUS_EMPTY"
  | "CANCELLED";

/** Characters of a message. It quotes names and tokens of files, which may be of any length. */
const LONGEST = 10_000;

/** Every deliberate error of this package: `code` gives its kind, `cause` the origin. */
export class TokenizerError extends Error {
  override readonly name = "TokenizerError";
  constructor(
    readonly code: TokenizerErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message.length > LONGEST ? `${message.slice(0, LONGEST)} …` : message, options);
  }
}
