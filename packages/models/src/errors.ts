export type ModelErrorCode =
  | "MODEL_NOT_FOUND"
  | "MODEL_LOAD_FAILED"
  | "MODEL_INCOMPATIBLE"
  | "INVALID_MODEL_SIZE"
  | "INVALID_DIMENSIONS"
  | "UNSUPPORTED_BACKEND";

/** What the models have to refuse; `code` says which kind it is, the message what to do about it. */
export class ModelError extends Error {
  override readonly name = "ModelError";
  constructor(
    readonly code: ModelErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
