import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { chunks } from "../http.js";
import { ServiceError } from "../service-error.js";
import type { FileHead } from "./client.js";

/**
 * An answer's bytes, as many as were announced.
 * @throws ServiceError UNREACHABLE if they are fewer, INVALID_ANSWER if they are more, of which none is given
 */
export async function* announced(answer: IncomingMessage, bytes: number): AsyncGenerator<Buffer, void, undefined> {
  let left = bytes;
  for await (const chunk of chunks(answer)) {
    if (chunk.length > left)
      throw new ServiceError("INVALID_ANSWER", `more came than the ${bytes} bytes that were announced`);
    left -= chunk.length;
    yield chunk;
  }
  if (left > 0) throw new ServiceError("UNREACHABLE", "the answer ended too early", { service: "data-bank" });
}

/** The same of a whole file, whose last bytes are given once its hash is known. @throws ServiceError HASH_MISMATCH too */
export async function* verified(answer: IncomingMessage, { size, sha256 }: FileHead): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  let last: Buffer = Buffer.alloc(0);
  for await (const chunk of announced(answer, size)) {
    hash.update(chunk);
    yield last;
    last = chunk;
  }
  if (hash.digest("hex") !== sha256) throw mismatch(sha256);
  yield last;
}

export const mismatch = (sha256: string): ServiceError =>
  new ServiceError("HASH_MISMATCH", `what came is not the file ${sha256}: the service's copy is damaged or another`);
