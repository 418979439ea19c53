export type CorpusErrorCode = "CORPUS_NOT_FOUND" | "CORPUS_EMPTY" | "CORPUS_UNREADABLE" | "INVALID_INPUT";

/** An error of a corpus or of a request for one; its owner can put every one of them right. */
export class CorpusError extends Error {
  override readonly name = "CorpusError";
  constructor(
    readonly code: CorpusErrorCode,
    message: string,
    options: ErrorOptions = {},
  ) {
    super(message, options);
  }
}
