import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import { SETTLED_MS, type ScrubEvent, type ScrubFinding, type ScrubOptions } from "../store.js";
import { bodyOf } from "./body.js";
import type { Bucket, StoredObject } from "./bucket.js";
import { copyObject } from "./copy.js";
import { idOf, isTemporary, QUARANTINE } from "./keys.js";

const COPY_BYTES = 1 << 30;

type Problem = Omit<ScrubFinding, "type" | "repaired">;

/** Reads every object of a bucket and reports problems. */
export async function* scrubBucket(
  bucket: Bucket,
  { repair, now = Date.now() }: ScrubOptions & { readonly now?: number },
): AsyncGenerator<ScrubEvent> {
  const tell = async (problem: Problem, mend: (() => Promise<string>) | null): Promise<ScrubFinding> => ({
    type: "finding",
    ...problem,
    repaired: repair && mend !== null ? await mend() : null,
  });
  const settled = (time: Date) => now - time.getTime() > SETTLED_MS;
  const files: StoredObject[] = [];
  for await (const object of bucket.list()) {
    const { key, modified } = object;
    if (idOf(key) !== null) files.push(object);
    else if (isTemporary(key)) {
      const problem = { kind: "half-written", path: key, problem: "an upload that was cut off" } as const;
      if (settled(modified)) yield await tell(problem, () => remove(bucket, key));
    } else if (!key.startsWith(QUARANTINE))
      yield await tell({ kind: "foreign", path: key, problem: "no file of this store" }, null);
  }
  for (const { key, uploadId, begun } of await bucket.uploads()) {
    if (!settled(begun)) continue;
    const giveUp = async () => {
      await bucket.abortUpload(key, uploadId);
      return "given up";
    };
    yield await tell({ kind: "half-written", path: key, problem: "parts of an upload that was cut off" }, giveUp);
  }
  const totalBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  let bytes = 0;
  for (const [i, file] of files.entries()) {
    const hash = await hashOf(bucket, file.key);
    if (hash !== null && hash !== idOf(file.key)) {
      const problem = { kind: "damaged", path: file.key, problem: `its content is ${hash}` } as const;
      yield await tell(problem, () => quarantine(bucket, file));
    }
    yield { type: "progress", files: i + 1, bytes: (bytes += file.bytes), totalBytes };
  }
}

/** The SHA-256 of an object's bytes as the store gives them back; null if it is not there. */
export async function hashOf(bucket: Bucket, key: string): Promise<string | null> {
  const answer = await bucket.get(key);
  if (answer === null) return null;
  const hash = createHash("sha256");
  await pipeline(bodyOf(answer), hash);
  return hash.digest("hex");
}

/** Its upload was never acknowledged. */
async function remove(bucket: Bucket, key: string): Promise<string> {
  await bucket.remove(key);
  return "removed";
}

async function quarantine(bucket: Bucket, object: StoredObject): Promise<string> {
  const key = `${QUARANTINE}${object.key.replaceAll("/", ".")}`;
  const description = { contentType: "application/octet-stream", createdAt: object.modified.toISOString() };
  await copyObject(bucket, object, { key, description }, COPY_BYTES);
  await bucket.remove(object.key);
  return `moved to ${key}`;
}
