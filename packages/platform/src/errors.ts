/** Every error code on the wire, with its default status. */
export const STATUS = {
  INVALID_INPUT: 400,
  INVALID_JSON: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  JOB_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RANGE_NOT_SATISFIABLE: 416,
  JOB_NOT_READY: 425,
  RATE_LIMIT_EXCEEDED: 429,
  INTERNAL_ERROR: 500,
  DATABASE_ERROR: 500,
  CONFIG_ERROR: 500,
  JOB_FAILED: 500,
  EXTERNAL_SERVICE_ERROR: 502,
  SERVICE_UNAVAILABLE: 503,
  TIMEOUT: 504,
  INSUFFICIENT_STORAGE: 507,

  TRAINING_CANCELLED: 499,
  TRAINING_OOM: 507,
  TRAINING_NAN_LOSS: 500,
  TRAINING_DIVERGED: 500,

  MODEL_NOT_FOUND: 404,
  MODEL_LOAD_FAILED: 500,
  MODEL_INCOMPATIBLE: 400,
  INVALID_MODEL_SIZE: 400,
  UNSUPPORTED_BACKEND: 400,

  TOKENIZER_NOT_FOUND: 404,
  TOKENIZER_LOAD_FAILED: 500,
  TOKENIZER_TRAIN_FAILED: 500,

  CORPUS_NOT_FOUND: 404,
  CORPUS_EMPTY: 400,
  CORPUS_TOO_LARGE: 413,

  RUN_NOT_FOUND: 404,
  EVAL_NOT_FOUND: 404,
  DATA_NOT_FOUND: 404,
  LOGS_READ_FAILED: 500,

  CUDA_NOT_AVAILABLE: 503,
  CUDA_OOM: 507,
  ARTIFACT_UPLOAD_FAILED: 502,
  ARTIFACT_DOWNLOAD_FAILED: 502,
} as const;
export type ErrorCode = keyof typeof STATUS;

/** An error for a client: its code decides the status, its message is for people, its cause is for the log. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly status: number;
  /** Headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: ErrorOptions & { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message, options);
    this.status = options.status ?? STATUS[code];
    this.headers = options.headers ?? {};
  }

  /** Maps an unknown error to one sentence for the client, with its cause for the log. */
  static from(error: unknown): AppError {
    if (error instanceof AppError) return error;
    return new AppError("INTERNAL_ERROR", "Internal server error", { cause: error });
  }
}
