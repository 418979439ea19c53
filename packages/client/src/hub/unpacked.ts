import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { chunks, lost } from "../http.js";
import { ServiceError } from "../service-error.js";

/** True if an answer's body is packed, though it was asked for as it is. */
export const isPacked = ({ headers }: IncomingMessage): boolean =>
  !["", "identity"].includes(headers["content-encoding"] ?? "");

/**
 * An answer's body, unpacked where a server has packed it unasked by gzip.
 * @throws ServiceError UNREACHABLE if it breaks off, INVALID_ANSWER for what is packed otherwise or damaged
 */
export const unpacked = (answer: IncomingMessage): AsyncIterable<Buffer> =>
  isPacked(answer) ? gunzipped(answer) : chunks(answer);

async function* gunzipped(answer: IncomingMessage): AsyncGenerator<Buffer> {
  const coding = answer.headers["content-encoding"];
  if (coding !== "gzip") {
    answer.destroy();
    throw new ServiceError("INVALID_ANSWER", `an answer is packed by ${coding}, which was not asked for`);
  }
  const content: AsyncIterable<Buffer> = pipeline(answer, createGunzip(), () => {});
  try {
    yield* content;
  } catch (error) {
    throw damaged(lost("the rest of an answer", error));
  }
}

function damaged(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || !String(error.code).startsWith("Z_")) return error;
  return new ServiceError("INVALID_ANSWER", `an answer is no sound gzip: ${error.message}`, { cause: error });
}
