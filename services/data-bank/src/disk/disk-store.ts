import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { access, open, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { makeFolder, namesIn, syncFolder, unlessAbsent, whyNotAHome, writeSynced, writeText } from "@trainer/disk";
import { AppError, type FileInfo } from "@trainer/platform";
import { prefetched } from "../prefetched.js";
import { OneAtATime } from "../one-at-a-time.js";
import type { ByteRange } from "@trainer/platform/http";
import type { BlobStore, ScrubEvent, ScrubOptions } from "../store.js";
import { coalesced, writeChunks } from "./coalesced.js";
import { blobPath, folderOf, isTemporary, sidecarPath, temporaryPath } from "./layout.js";
import { scrubDisk } from "./scrub.js";
import { formatSidecar, parseSidecar, timestamp, undescribed } from "./sidecar.js";
import { storageError } from "./storage-error.js";

const BUFFER_BYTES = 1 << 20;
/** Size of a write to the disk; two such parts of an upload are held at a time. */
const WRITTEN_BYTES = 256 << 10;
/** Bytes written between two checks of the free space. */
const LOOK_EVERY_BYTES = 64 << 20;

export interface DiskStoreOptions {
  readonly root: string;
  /** Room that must stay free. */
  readonly minFreeBytes: number;
  readonly now?: () => Date;
}

/**
 * Files on a local disk. A file exists if its blob does: the sidecar is written before the blob appears and removed
 * after it, so that each blob is whole and described, whenever the process dies.
 */
export class DiskStore implements BlobStore {
  readonly #sameFile = new OneAtATime();

  private constructor(private readonly options: DiskStoreOptions) {}

  get place(): string {
    return this.options.root;
  }

  static async open(options: DiskStoreOptions): Promise<DiskStore> {
    const unwritable = await whyNotAHome(options.root, "DATA_ROOT or --root");
    if (unwritable !== null) throw new AppError("CONFIG_ERROR", unwritable);
    await makeFolder(options.root);
    return new DiskStore(options);
  }

  async put(body: AsyncIterable<Uint8Array>, contentType: string, expectedBytes: number): Promise<FileInfo> {
    const { root, now = () => new Date() } = this.options;
    const temporary = temporaryPath(root, randomUUID());
    try {
      await this.#checkRoom(expectedBytes);
      const { sha256, size } = await this.#receive(temporary, body);
      const created = timestamp(now());
      const info = { file_id: sha256, size, sha256, content_type: contentType, created_at: created };
      await this.#sameFile.run(sha256, () => this.#publish(temporary, info));
      return info;
    } catch (error) {
      await Promise.allSettled([rm(temporary, { force: true })]); // the first error is the one to tell
      throw storageError(error);
    }
  }

  async info(id: string): Promise<FileInfo | null> {
    const { root } = this.options;
    const blob = await unlessAbsent(stat(blobPath(root, id)));
    if (blob === null) return null;
    const text = await unlessAbsent(readFile(sidecarPath(root, id), "utf8"));
    return { file_id: id, size: blob.size, sha256: id, ...(parseSidecar(text ?? "", id) ?? undescribed(blob.mtime)) };
  }

  async read(id: string, range?: ByteRange): Promise<Readable | null> {
    const file = await unlessAbsent(open(blobPath(this.options.root, id)));
    return file?.createReadStream({ ...range, highWaterMark: BUFFER_BYTES }) ?? null;
  }

  async remove(id: string): Promise<boolean> {
    const { root } = this.options;
    return this.#sameFile.run(id, async () => {
      try {
        if ((await unlessAbsent(stat(blobPath(root, id)))) === null) return false;
        await rm(blobPath(root, id));
        await syncFolder(folderOf(root, id));
        await rm(sidecarPath(root, id), { force: true });
        return true;
      } catch (error) {
        throw storageError(error);
      }
    });
  }

  async trouble(): Promise<string | null> {
    try {
      await access(this.options.root, constants.W_OK);
      return (await this.#freeBytes()) < this.options.minFreeBytes ? "low disk" : null;
    } catch {
      return "storage not writable";
    }
  }

  async removeCutOff(before: Date): Promise<number> {
    const { root } = this.options;
    let removed = 0;
    for (const path of (await namesIn(root)).filter(isTemporary).map((name) => join(root, name))) {
      const info = await unlessAbsent(stat(path));
      if (info === null || info.mtimeMs >= before.getTime()) continue;
      await rm(path, { force: true });
      removed++;
    }
    return removed;
  }

  scrub(options: ScrubOptions): AsyncIterable<ScrubEvent> {
    return scrubDisk(this.options.root, options);
  }

  async #receive(path: string, body: AsyncIterable<Uint8Array>): Promise<{ sha256: string; size: number }> {
    const hash = createHash("sha256");
    let size = 0;
    let lookAt = LOOK_EVERY_BYTES;
    const checkRoom = () => this.#checkRoom(0);
    async function* hashed(chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
        if (size < lookAt) continue;
        lookAt += LOOK_EVERY_BYTES;
        await checkRoom();
      }
    }
    await writeSynced(path, async (file) => {
      for await (const chunks of prefetched(coalesced(hashed(body), WRITTEN_BYTES))) await writeChunks(file, chunks);
    });
    return { sha256: hash.digest("hex"), size };
  }

  async #publish(temporary: string, info: FileInfo): Promise<void> {
    const { root } = this.options;
    const id = info.file_id;
    await makeFolder(folderOf(root, id));
    await writeText(sidecarPath(root, id), formatSidecar(info), { temporary: temporaryPath(root, randomUUID()) });
    await rename(temporary, blobPath(root, id));
    await syncFolder(folderOf(root, id));
  }

  /** @throws AppError INSUFFICIENT_STORAGE if `bytes` more would not leave the room that must stay free */
  async #checkRoom(bytes: number): Promise<void> {
    if ((await this.#freeBytes()) - bytes >= this.options.minFreeBytes) return;
    throw new AppError("INSUFFICIENT_STORAGE", "insufficient free space");
  }

  async #freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.options.root);
    return bavail * bsize;
  }
}
