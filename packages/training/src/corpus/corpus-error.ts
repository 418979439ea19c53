export type CorpusErrorCode = "CORPUS_NOT_FOUND" | "CORPUS_EMPTY" | "CORPUS_UNREADABLE" | "INVALID_INPUT";

/** What is wrong with a corpus or with what was asked of it; every one of these is for its owner to put right. */
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
