/** Every error code that goes over the wire, with the status it has unless the place that throws says otherwise. */
export const STATUS = {
  INVALID_INPUT: 400,
  INVALID_JSON: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RANGE_NOT_SATISFIABLE: 416,
  RATE_LIMIT_EXCEEDED: 429,
  INTERNAL_ERROR: 500,
  CONFIG_ERROR: 500,
  EXTERNAL_SERVICE_ERROR: 502,
  SERVICE_UNAVAILABLE: 503,
  TIMEOUT: 504,
  INSUFFICIENT_STORAGE: 507,
} as const;

export type ErrorCode = keyof typeof STATUS;

/** An error that a client is told: its code decides the status, its message is for people, its cause is for the log. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly status: number;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: ErrorOptions & { readonly status?: number } = {},
  ) {
    super(message, options);
    this.status = options.status ?? STATUS[code];
  }

  /** What is not ours becomes one sentence for the client, and the cause of it for the log. */
  static from(error: unknown): AppError {
    if (error instanceof AppError) return error;
    return new AppError("INTERNAL_ERROR", "Internal server error", { cause: error });
  }
}
