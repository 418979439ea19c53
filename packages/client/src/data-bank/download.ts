import type { IncomingMessage } from "node:http";
import { rename, rm, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "@trainer/disk";
import { retrying, type RetryOptions } from "../retry.js";
import { ServiceError } from "../service-error.js";
import type { FileHead, TransferOptions } from "./client.js";
import { Part } from "./part.js";
import { announced, mismatch } from "./verified.js";

/** @param get requests the file with these headers */
export async function download(
  file: FileHead,
  path: string,
  get: (headers: Readonly<Record<string, string>>) => Promise<IncomingMessage>,
  retry: RetryOptions,
  { onProgress = () => {}, signal }: TransferOptions,
): Promise<void> {
  const partPath = `${path}.${file.sha256.slice(0, 16)}.part`;
  {
    await using part = await Part.open(partPath);
    if (part.bytes > file.size) await part.reset();
    await requireRoom(file.size - part.bytes, path);
    await fill(part);
    if (part.resumed && part.digest() !== file.sha256) {
      await part.reset(); // what lay there was damaged
      await fill(part);
    }
    if (part.digest() !== file.sha256) {
      await rm(partPath);
      throw mismatch(file.sha256);
    }
    await part.sync();
  }
  await rename(partPath, path);
  await syncFolder(dirname(path));

  async function fill(part: Part): Promise<void> {
    let furthest = part.bytes; // the same beginning, sent again and again, is no progress
    await retrying(retry, signal, async (gotFurther) => {
      if (part.bytes === file.size) return;
      const rest = part.bytes === 0 ? {} : { range: `bytes=${part.bytes}-`, "if-range": file.sha256 };
      const answer = await get(rest);
      if (answer.statusCode !== 206) await part.reset(); // all of it comes
      await part.append(announced(answer, file.size - part.bytes), () => {
        if (part.bytes > furthest) gotFurther();
        furthest = Math.max(furthest, part.bytes);
        onProgress({ bytes: part.bytes, totalBytes: file.size });
      });
    });
  }
}

/** A size is a claim: what cannot be kept is not begun, lest it fill the disk. */
async function requireRoom(bytes: number, path: string): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path));
  if (bytes <= bavail * bsize) return;
  const message = `${path} would need ${bytes} bytes, and the disk has room for ${bavail * bsize}`;
  throw new ServiceError("INSUFFICIENT_STORAGE", message, { service: "data-bank" });
}
