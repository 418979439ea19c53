import { createHash, randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import { AppError, type FileInfo } from "@trainer/platform";
import { prefetched } from "../prefetched.js";
import { timestamp } from "../disk/sidecar.js";
import type { ByteRange } from "@trainer/platform/http";
import type { BlobStore, ScrubEvent, ScrubOptions } from "../store.js";
import { bodyOf } from "./body.js";
import { Bucket, type BucketOptions, type Description } from "./bucket.js";
import { copyObject } from "./copy.js";
import { inParts } from "./in-parts.js";
import { blobKey, isTemporary, temporaryKey } from "./keys.js";
import { PartedUpload } from "./parted-upload.js";
import { probe, type StoreAbilities } from "./probe.js";
import { hashOf, scrubBucket } from "./scrub.js";

export interface S3StoreOptions extends BucketOptions {
  readonly now?: () => Date;
  /** Size of a copy within the store in one request. */
  readonly copyBytes?: number;
}

const MIN_PART_BYTES = 8 << 20;
/** S3 takes 10,000. */
const MAX_PARTS = 9000;
const COPY_BYTES = 1 << 30;

/**
 * Files in a bucket of any S3-compatible store, their type and date as the object's metadata. What fits into one part
 * goes up in one request under its final key. What is larger goes up in parts under a temporary key, since its hash is
 * known only when all of it has come, and is then copied within the store: under its final key it appears whole.
 */
export class S3Store implements BlobStore {
  private constructor(
    private readonly bucket: Bucket,
    readonly abilities: StoreAbilities,
    private readonly options: S3StoreOptions,
  ) {}

  /** @throws AppError if the bucket cannot be used */
  static async open(options: S3StoreOptions): Promise<S3Store> {
    const bucket = new Bucket(options);
    return new S3Store(bucket, await probe(bucket), options);
  }

  get place(): string {
    const { checksums, conditionalWrites } = this.abilities;
    const checked = checksums ? "checked by it" : "ignored, so read back";
    return `${this.bucket.url} (checksums ${checked}, conditional writes ${conditionalWrites ? "honoured" : "ignored"})`;
  }

  async put(body: AsyncIterable<Uint8Array>, contentType: string, expectedBytes: number): Promise<FileInfo> {
    const { now = () => new Date() } = this.options;
    const description = { contentType, createdAt: timestamp(now()) };
    const hash = createHash("sha256");
    let size = 0;
    async function* hashed() {
      for await (const chunk of body) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    }
    const partBytes = Math.max(MIN_PART_BYTES, Math.ceil(expectedBytes / MAX_PARTS));
    const upload = new PartedUpload(this.bucket, temporaryKey(randomUUID()), description);
    let sha256 = "";
    try {
      for await (const { body, last } of prefetched(inParts(hashed(), partBytes))) {
        if (last) sha256 = hash.digest("hex"); // all has come
        if (last && !upload.begun) await this.bucket.put(blobKey(sha256), body, description);
        else await upload.add(body);
      }
      if (upload.begun) await this.#publish(upload, { sha256, size, description });
    } catch (error) {
      await Promise.allSettled([upload.abort()]); // the first error is the one to tell
      throw error;
    }
    if (!this.abilities.checksums) await this.#verify(sha256);
    return { file_id: sha256, size, sha256, content_type: contentType, created_at: description.createdAt };
  }

  async info(id: string): Promise<FileInfo | null> {
    const head = await this.bucket.head(blobKey(id));
    if (head === null) return null;
    return { file_id: id, size: head.bytes, sha256: id, content_type: head.contentType, created_at: head.createdAt };
  }

  async read(id: string, range?: ByteRange): Promise<Readable | null> {
    const answer = await this.bucket.get(blobKey(id), range === undefined ? null : `bytes=${range.start}-${range.end}`);
    return answer === null ? null : bodyOf(answer);
  }

  async remove(id: string): Promise<boolean> {
    if ((await this.bucket.head(blobKey(id))) === null) return false;
    await this.bucket.remove(blobKey(id));
    return true;
  }

  async removeCutOff(before: Date): Promise<number> {
    let removed = 0;
    for await (const { key, modified } of this.bucket.list(temporaryKey(""))) {
      if (modified >= before) continue;
      await this.bucket.remove(key);
      removed++;
    }
    for (const { key, uploadId, begun } of await this.bucket.uploads()) {
      if (!isTemporary(key) || begun >= before) continue;
      await this.bucket.abortUpload(key, uploadId);
      removed++;
    }
    return removed;
  }

  async trouble(): Promise<string | null> {
    try {
      await this.bucket.check();
      return null;
    } catch {
      return "storage not writable";
    }
  }

  async #publish(
    upload: PartedUpload,
    file: { sha256: string; size: number; description: Description },
  ): Promise<void> {
    await upload.complete();
    try {
      const from = { key: upload.key, bytes: file.size };
      const to = { key: blobKey(file.sha256), description: file.description };
      await copyObject(this.bucket, from, to, this.options.copyBytes ?? COPY_BYTES);
    } finally {
      await this.bucket.remove(upload.key);
    }
  }

  /** The stored object is read back where the store ignores checksums. */
  async #verify(id: string): Promise<void> {
    if ((await hashOf(this.bucket, blobKey(id))) === id) return;
    await this.bucket.remove(blobKey(id));
    throw new AppError("EXTERNAL_SERVICE_ERROR", "the object store did not keep what was sent");
  }

  scrub(options: ScrubOptions): AsyncIterable<ScrubEvent> {
    return scrubBucket(this.bucket, options);
  }
}
