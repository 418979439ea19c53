/** The API, or the file service. */
export type Service = "trainer" | "data-bank";

/** A request that did not come to what was asked: refused by the service, or lost on the way to it or back. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  /** The service's own code, or UNREACHABLE, TIMEOUT, HASH_MISMATCH, INVALID_ANSWER. */
  readonly code: string;
  /** Of the answer; null if there was none. */
  readonly status: number | null;
  /** With what the service's log calls this request. */
  readonly requestId: string | null;
  /** Which service was asked. */
  readonly service: Service | null;

  constructor(
    code: string,
    message: string,
    options: ErrorOptions & {
      readonly status?: number;
      readonly requestId?: string | undefined;
      readonly service?: Service;
    } = {},
  ) {
    super(message, options);
    this.code = code;
    this.status = options.status ?? null;
    this.requestId = options.requestId ?? null;
    this.service = options.service ?? null;
  }

  /** Whether the same request may well come through later: what was lost on the way, and what a service cannot do now. */
  get mayPass(): boolean {
    if (this.status === null) return this.code === "UNREACHABLE" || this.code === "TIMEOUT";
    return RETRIED.has(this.status);
  }
}

const RETRIED = new Set([408, 429, 500, 502, 503, 504]);
