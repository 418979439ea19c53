import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { streamTar } from "./stream-tar.js";

/** A file of an archive. */
export interface TarEntry {
  /** Path in the archive, with "/" between its parts; each has at most 100 bytes, all before the last at most 155. */
  readonly name: string;
  readonly bytes: number;
  readonly modified: Date;
  content(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

const BLOCK = 512;

/** Size of the archive of these files: known before the first byte of it. */
export const tarBytes = (entries: readonly TarEntry[]): number =>
  entries.reduce((sum, { bytes }) => sum + BLOCK + Math.ceil(bytes / BLOCK) * BLOCK, 2 * BLOCK);

/**
 * Writes files as a plain tar into `to`, and ends that. What fails, a file that has become shorter for instance, breaks the
 * archive off.
 */
export async function writeTar(entries: readonly TarEntry[], to: Writable): Promise<void> {
  await streamTar(
    async (archive) => {
      for (const { name, bytes, modified, content } of entries) {
        await pipeline(content(), archive.entry({ ...OWNER, name, size: bytes, mtime: modified }));
      }
    },
    (archive) => pipeline(archive, to),
  );
}

const OWNER = { uid: 0, gid: 0, uname: "", gname: "", mode: 0o644, type: "file" } as const;
