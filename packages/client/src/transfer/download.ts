import { rename, rm, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "@trainer/disk";
import { retrying, type RetryOptions } from "../retry.js";
import { ServiceError, type Service } from "../service-error.js";
import { announced, mismatch } from "./announced.js";
import type { ContentHash } from "./content-hash.js";
import { Part } from "./part.js";

export interface Progress {
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface TransferOptions {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A file as it was announced: its hash decides what is kept. */
export interface AnnouncedFile {
  /** In messages. */
  readonly name: string;
  readonly size: number;
  readonly hash: ContentHash;
}

/** What a request for a file was answered with. */
export interface Content {
  /** True if it is the rest that was asked for; else it is the whole file. */
  readonly isRest: boolean;
  readonly bytes: AsyncIterable<Buffer>;
}

export interface Source {
  readonly service: Service;
  readonly retry: RetryOptions;
  /** Requests the file, or what of it comes after its first `from` bytes. */
  get(from: number): Promise<Content>;
}

/**
 * Downloads a file to `path`, where it appears whole and with its hash, or not at all. What has come is kept beside it in a
 * `.part`, also when the process dies; the next call resumes it.
 */
export async function download(
  file: AnnouncedFile,
  path: string,
  { service, retry, get }: Source,
  { onProgress = () => {}, signal }: TransferOptions,
): Promise<void> {
  const partPath = `${path}.${file.hash.hex.slice(0, 16)}.part`;
  {
    await using part = await Part.open(partPath, file.hash);
    if (part.bytes > file.size) await part.reset();
    await requireRoom(file.size - part.bytes, path, service);
    await fill(part);
    if (part.resumed && !part.isRight) {
      await part.reset(); // what lay there was damaged
      await fill(part);
    }
    if (!part.isRight) {
      await rm(partPath);
      throw mismatch(file.name);
    }
    await part.sync();
  }
  await rename(partPath, path);
  await syncFolder(dirname(path));

  async function fill(part: Part): Promise<void> {
    let furthest = part.bytes; // the same beginning, sent again and again, is no progress
    await retrying(retry, signal, async (gotFurther) => {
      if (part.bytes === file.size) return;
      const { isRest, bytes } = await get(part.bytes);
      if (!isRest) await part.reset(); // all of it comes
      await part.append(announced(bytes, file.size - part.bytes, service), () => {
        if (part.bytes > furthest) gotFurther();
        furthest = Math.max(furthest, part.bytes);
        onProgress({ bytes: part.bytes, totalBytes: file.size });
      });
    });
  }
}

/** A size is a claim: what cannot be kept is not begun, lest it fill the disk. */
async function requireRoom(bytes: number, path: string, service: Service): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path));
  if (bytes <= bavail * bsize) return;
  const message = `${path} would need ${bytes} bytes, and the disk has room for ${bavail * bsize}`;
  throw new ServiceError("INSUFFICIENT_STORAGE", message, { service });
}
