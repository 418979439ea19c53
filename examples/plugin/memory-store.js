/**
 * @import { BlobStore, ByteRange, ScrubEvent, ScrubOptions, StoreKind } from "@trainer/data-bank"
 * @import { FileInfo } from "@trainer/platform"
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { AppError } from "@trainer/platform";
import { z } from "zod";

const Options = z.strictObject({
  maxBytes: z
    .int()
    .positive()
    .default(2 ** 30),
});

/** @type {StoreKind} */
export const memory = {
  name: "memory",
  open: async ({ store }) => new MemoryStore(Options.parse(store.options)),
};

const sha256 = (/** @type {Uint8Array} */ bytes) => createHash("sha256").update(bytes).digest("hex");

/**
 * Files in memory, gone when the service ends: for a try, or a test.
 *
 * @implements {BlobStore}
 */
export class MemoryStore {
  /** @type {Map<string, { readonly info: FileInfo, readonly bytes: Buffer }>} */
  files = new Map();
  /** What was damaged: only DELETE deletes. @type {Map<string, Buffer>} */
  quarantine = new Map();
  place = "memory";
  /** Bytes of all of this and of uploads in flight. */
  held = 0;

  /** @param {z.output<typeof Options>} options */
  constructor({ maxBytes }) {
    this.maxBytes = maxBytes;
  }

  /** @type {BlobStore["put"]} */
  async put(body, contentType, expectedBytes) {
    /** @type {Uint8Array[]} */
    const chunks = [];
    let size = 0;
    try {
      this.checkRoom(expectedBytes);
      for await (const chunk of body) {
        this.checkRoom(chunk.length);
        this.held += chunk.length;
        size += chunk.length;
        chunks.push(chunk);
      }
    } catch (error) {
      this.held -= size;
      throw error;
    }
    const bytes = Buffer.concat(chunks);
    const id = sha256(bytes);
    await this.remove(id);
    const created = new Date().toISOString();
    const info = { file_id: id, size, sha256: id, content_type: contentType, created_at: created };
    this.files.set(id, { info, bytes });
    return info;
  }

  /** @param {number} bytes */
  checkRoom(bytes) {
    if (this.held + bytes > this.maxBytes) throw new AppError("INSUFFICIENT_STORAGE", "insufficient free space");
  }

  /** @param {string} id */
  async info(id) {
    return this.files.get(id)?.info ?? null;
  }

  /**
   * @param {string} id
   * @param {ByteRange} [range]
   */
  async read(id, { start, end } = { start: 0, end: Infinity }) {
    const file = this.files.get(id);
    return file === undefined ? null : Readable.from([file.bytes.subarray(start, end + 1)]);
  }

  /** @param {string} id */
  async remove(id) {
    this.held -= this.files.get(id)?.bytes.length ?? 0;
    return this.files.delete(id);
  }

  async trouble() {
    return this.held < this.maxBytes ? null : "no room";
  }

  /** An upload that is cut off leaves nothing. */
  async removeCutOff() {
    return 0;
  }

  /**
   * @param {ScrubOptions} options
   * @returns {AsyncGenerator<ScrubEvent>}
   */
  async *scrub({ repair }) {
    const all = [...this.files];
    const totalBytes = all.reduce((sum, [, { bytes }]) => sum + bytes.length, 0);
    let [files, read] = [0, 0];
    for (const [id, { bytes }] of all) {
      const found = sha256(bytes);
      if (found !== id) {
        if (repair && this.files.delete(id)) this.quarantine.set(id, bytes);
        const repaired = repair ? "moved to quarantine" : null;
        yield { type: "finding", kind: "damaged", path: id, problem: `its content is ${found}`, repaired };
      }
      yield { type: "progress", files: ++files, bytes: (read += bytes.length), totalBytes };
    }
  }
}
