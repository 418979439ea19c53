import type { FastifyReply, FastifyRequest } from "fastify";
import { AppError, type ErrorCode } from "../errors.js";

/** Every error that a client gets has this shape. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly request_id: string;
}

/** Turns an error into an answer; the service's own faults are logged with their causes. */
export function answerError(error: unknown, req: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = knownError(error);
  if (known.status >= 500)
    req.log.error({ err: known.cause ?? known, error_code: known.code, event: "request_failed" }, known.message);
  // Headers of the successful answer do not hold for this one.
  for (const name of ["content-length", "etag", "accept-ranges", "content-type"]) reply.removeHeader(name);
  const body: ErrorBody = { code: known.code, message: known.message, request_id: req.id };
  return reply
    .code(known.status)
    .headers({ ...known.headers, "x-request-id": req.id, "content-type": "application/json; charset=utf-8" })
    .send(JSON.stringify(body));
}

/** Fastify's own refusals (a URL that cannot be decoded, a body too large) have its codes; the client gets ours. */
export function knownError(error: unknown): AppError {
  if (error instanceof AppError || !isRefusal(error)) return AppError.from(error);
  const code = CODES.get(error.statusCode) ?? "INVALID_INPUT";
  return new AppError(code, error.message, { status: error.statusCode });
}

const CODES: ReadonlyMap<number, ErrorCode> = new Map([
  [413, "PAYLOAD_TOO_LARGE"],
  [415, "UNSUPPORTED_MEDIA_TYPE"],
  [429, "RATE_LIMIT_EXCEEDED"],
]);

const isRefusal = (error: unknown): error is Error & { readonly statusCode: number } =>
  error instanceof Error && "statusCode" in error && typeof error.statusCode === "number" && error.statusCode < 500;
