import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { CorpusError } from "../corpus/corpus-error.js";
import type { Measured } from "./measure-text.js";
import { decodeHeader, HEADER_BYTES, idBytes, type BinDType } from "./bin-format.js";

/** A file of token ids: every document of one split, each followed by the end-of-text id. */
export interface TokenBin {
  readonly path: string;
  readonly tokens: number;
  /** UTF-8 bytes of the text, for bits per byte. */
  readonly bytes: number;
  readonly documents: number;
  readonly dtype: BinDType;
  /** Null for the training text, which has no figures per byte. */
  readonly measured: Measured | null;
  /** The file that says of each token, in a byte, whether it is learnt (`MASK`); none: all of them are. */
  readonly mask?: string | undefined;
}

/**
 * Checks all of a bin against its header and returns the SHA-256 of its ids.
 * @throws CorpusError CORPUS_UNREADABLE if it was not finished, was cut short or altered.
 */
export async function verifiedSha256(path: string): Promise<string> {
  await using file = await open(path, "r");
  const chunk = Buffer.allocUnsafe(1 << 20);
  const { bytesRead } = await file.read(chunk, 0, HEADER_BYTES, 0);
  const header = decodeHeader(chunk.subarray(0, bytesRead), path);
  const expected = HEADER_BYTES + header.tokens * idBytes(header.dtype);
  const { size } = await file.stat();
  if (size !== expected) throw damaged(path, `it has ${size} bytes instead of ${expected}`);
  const hash = createHash("sha256");
  for (let at = HEADER_BYTES; at < size; at += chunk.length) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
    hash.update(chunk.subarray(0, bytesRead));
  }
  if (hash.digest("hex") !== header.sha256) throw damaged(path, "its ids are not those written (SHA-256 differs)");
  return header.sha256;
}

const damaged = (path: string, what: string) =>
  new CorpusError(
    "CORPUS_UNREADABLE",
    `the token bin ${path} is damaged: ${what}; delete its folder to have it made again`,
  );
