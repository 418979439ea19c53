import { CorpusError } from "../corpus-error.js";
import { unsound } from "../unreadable.js";
import { openZip, refuseOverlaps, zippedBytes } from "../zip-file.js";
import type { ArchiveEntry, ArchiveFile } from "./archive-entry.js";

const LOCKED = 1; // bit of a part's flags

/** The files of a zip archive, in its order. @throws CorpusError CORPUS_UNREADABLE for what is no sound archive */
export async function zipEntries(archive: ArchiveFile): Promise<ArchiveEntry[]> {
  const { path } = archive;
  const zip = await openZip(path, damaged);
  try {
    const parts = [];
    for await (const part of zip.eachEntry()) parts.push(part);
    refuseOverlaps(zip, parts);
    const locked = parts.find(({ generalPurposeBitFlag: flags }) => (flags & LOCKED) !== 0);
    if (locked !== undefined) {
      throw new CorpusError("CORPUS_UNREADABLE", `${path}/${locked.fileName} is locked by a password: unpack it first`);
    }
    return parts
      .filter(({ fileName }) => !fileName.endsWith("/"))
      .map((part) => ({
        name: part.fileName,
        bytes: part.uncompressedSize,
        archive,
        async *read() {
          const own = await openZip(path, damaged);
          try {
            yield* zippedBytes(own, part, `${path}/${part.fileName}`, damaged);
          } finally {
            own.close();
          }
        },
      }));
  } catch (error) {
    throw error instanceof CorpusError ? error : damaged(path, error);
  } finally {
    zip.close();
  }
}

const damaged = (where: string, cause: unknown): CorpusError => unsound(where, "of no sound zip archive", cause);
