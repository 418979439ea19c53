import type { IncomingMessage } from "node:http";
import { rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "@trainer/disk";
import { chunks } from "../http.js";
import { retrying, type RetryOptions } from "../retry.js";
import { ServiceError } from "../service-error.js";
import type { FileHead, TransferOptions } from "./client.js";
import { Part } from "./part.js";

/** @param get asks for the file with these headers */
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
    await fill(part);
    if (part.resumed && part.digest() !== file.sha256) {
      await part.reset(); // what lay there was damaged
      await fill(part);
    }
    if (part.digest() !== file.sha256) {
      await rm(partPath);
      throw new ServiceError(
        "HASH_MISMATCH",
        `what came is not the file ${file.sha256}: the service's copy is damaged`,
      );
    }
    await part.sync();
  }
  await rename(partPath, path);
  await syncFolder(dirname(path));

  async function fill(part: Part): Promise<void> {
    await retrying(retry, signal, async (gotFurther) => {
      if (part.bytes === file.size) return;
      const rest = part.bytes === 0 ? {} : { range: `bytes=${part.bytes}-`, "if-range": file.sha256 };
      const answer = await get(rest);
      if (answer.statusCode !== 206) await part.reset(); // all of it comes
      await part.append(chunks(answer), () => {
        gotFurther();
        onProgress({ bytes: part.bytes, totalBytes: file.size });
      });
      if (part.bytes < file.size)
        throw new ServiceError("UNREACHABLE", "the answer ended too early", { service: "data-bank" });
    });
  }
}
