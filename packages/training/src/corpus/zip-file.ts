import { crc32 } from "node:zlib";
import { errnoOf } from "@trainer/disk";
import type { Entry, ZipFile } from "yauzl";
import type { CorpusError } from "./corpus-error.js";
import { unreadable } from "./unreadable.js";

/** The error of a zip archive at `where` that is not sound. */
export type Damaged = (where: string, cause: unknown) => CorpusError;

/** Opens a zip archive; its table of contents is read when it is asked for. */
export async function openZip(path: string, damaged: Damaged): Promise<ZipFile> {
  const { openPromise } = await import("yauzl"); // here, or every command would load it
  return await openPromise(path, { autoClose: false }).catch((error: unknown) => {
    throw errnoOf(error) === "" ? damaged(path, error) : unreadable(path, error);
  });
}

/** The bytes of a part, unpacked and held to their checksum. */
export async function* zippedBytes(
  zip: ZipFile,
  part: Entry,
  where: string,
  damaged: Damaged,
): AsyncGenerator<Buffer, void, undefined> {
  let sum = 0;
  try {
    const stream: AsyncIterable<Buffer> = await zip.openReadStreamPromise(part);
    for await (const chunk of stream) {
      sum = crc32(chunk, sum);
      yield chunk;
    }
  } catch (error) {
    throw damaged(where, error);
  }
  if (sum !== part.crc32) throw damaged(where, new Error("its checksum is another"));
}

/** Refuses parts that lie over each other, by which a small archive stands for more than it can hold. */
export function refuseOverlaps(zip: ZipFile, parts: readonly Entry[]): void {
  const packed = parts.reduce((sum, { compressedSize }) => sum + compressedSize, 0);
  if (packed > zip.fileSize) throw new Error("its parts lie over each other");
}
