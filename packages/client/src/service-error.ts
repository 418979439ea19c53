/** The API, the file service, or a hub of models. */
export type Service = "trainer" | "data-bank" | "hub";

/** A request that failed: refused by the service, or lost on the way to it or back. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  /** The service's own code, or UNREACHABLE, TIMEOUT, HASH_MISMATCH, INVALID_ANSWER. */
  readonly code: string;
  /** Status of the answer; null if there was none. */
  readonly status: number | null;
  /** Id of this request in the service's log. */
  readonly requestId: string | null;
  /** The service that the request was for. */
  readonly service: Service | null;
  /** The time after which the service wants to be asked again; null if it does not say. */
  readonly retryAfterMs: number | null;

  constructor(
    code: string,
    message: string,
    options: ErrorOptions & {
      readonly status?: number;
      readonly requestId?: string | undefined;
      readonly service?: Service;
      readonly retryAfterMs?: number | null;
    } = {},
  ) {
    super(message, options);
    this.code = code;
    this.status = options.status ?? null;
    this.requestId = options.requestId ?? null;
    this.service = options.service ?? null;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }

  /** True if the same request may succeed later: lost requests, and temporary errors of services. */
  get isTransient(): boolean {
    if (this.status === null) return this.code === "UNREACHABLE" || this.code === "TIMEOUT";
    return RETRIED.has(this.status);
  }
}

const RETRIED = new Set([408, 429, 500, 502, 503, 504]);
