import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { chunks } from "../http.js";
import { announced, mismatch } from "../transfer/announced.js";
import type { FileHead } from "./client.js";

/** A whole file, whose last bytes are given once its hash is known. @throws ServiceError HASH_MISMATCH too */
export async function* verified(answer: IncomingMessage, { size, sha256 }: FileHead): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  let last: Buffer = Buffer.alloc(0);
  for await (const chunk of announced(chunks(answer), size, "data-bank")) {
    hash.update(chunk);
    yield last;
    last = chunk;
  }
  if (hash.digest("hex") !== sha256) throw mismatch(sha256);
  yield last;
}
