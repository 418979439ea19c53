export type ModelErrorCode =
  | "MODEL_NOT_FOUND"
  | "MODEL_LOAD_FAILED"
  | "MODEL_INCOMPATIBLE"
  | "INVALID_MODEL_SIZE"
  | "INVALID_DIMENSIONS"
  | "UNSUPPORTED_BACKEND";

/** Characters of a message. It quotes names and tokens of files, which may be of any length. */
const LONGEST = 10_000;

/** A refusal of the models; `code` gives its kind, the message what to do about it. */
export class ModelError extends Error {
  override readonly name = "ModelError";
  constructor(
    readonly code: ModelErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message.length > LONGEST ? `${message.slice(0, LONGEST)} …` : message, options);
  }
}
