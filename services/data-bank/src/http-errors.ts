import type { Socket } from "node:net";
import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { AppError } from "@trainer/platform";
import { UnsatisfiableRange } from "./range.js";

/** Every error that a client gets has this shape. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly request_id: string;
}

/** Turns whatever was thrown into an answer; what is the service's own fault goes to the log with its causes. */
export function answerError(error: unknown, req: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = fromFastify(error);
  if (known.status >= 500)
    req.log.error({ err: known.cause ?? known, error_code: known.code, event: "request_failed" }, known.message);
  if (known instanceof UnsatisfiableRange) reply.header("content-range", `bytes */${known.size}`);
  // What an answer of the file would have said does not hold for this one.
  for (const name of ["content-length", "etag", "accept-ranges", "content-type"]) reply.removeHeader(name);
  const body: ErrorBody = { code: known.code, message: known.message, request_id: req.id };
  return reply.code(known.status).header("x-request-id", req.id).send(body);
}

/** Fastify's own refusals (a URL that cannot be decoded) have its codes; the client gets ours. */
function fromFastify(error: unknown): AppError {
  if (!isRefusal(error)) return AppError.from(error);
  return new AppError("INVALID_INPUT", error.message, { status: error.statusCode });
}

const isRefusal = (error: unknown): error is Error & { readonly statusCode: number } =>
  error instanceof Error && "statusCode" in error && typeof error.statusCode === "number" && error.statusCode < 500;

const UNPARSED: Readonly<Record<string, readonly [status: number, code: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, "INVALID_INPUT", "the request's headers are too large"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "TIMEOUT", "the request took too long to arrive"],
};

/** The answer to what is no HTTP request: there is no request object yet, so it is written by hand. */
export function answerUnparsed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code, message] = UNPARSED[String(error.code)] ?? [400, "INVALID_INPUT", "malformed HTTP request"];
  const id = randomUUID();
  const body = JSON.stringify({ code, message, request_id: id } satisfies ErrorBody);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nx-request-id: ${id}\r\nconnection: close\r\n\r\n${body}`,
  );
}
