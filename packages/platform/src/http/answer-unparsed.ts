import type { Socket } from "node:net";
import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { ErrorBody } from "./answer-error.js";

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
