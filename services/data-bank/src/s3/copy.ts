import type { Bucket, Description } from "./bucket.js";
import { PartedUpload } from "./parted-upload.js";

/** Copies an object within its bucket, by ranges: one request may copy no more than 5 GB. */
export async function copyObject(
  bucket: Bucket,
  from: { readonly key: string; readonly bytes: number },
  to: { readonly key: string; readonly description: Description },
  rangeBytes: number,
): Promise<void> {
  if (from.bytes === 0) return bucket.put(to.key, Buffer.alloc(0), to.description);
  const upload = new PartedUpload(bucket, to.key, to.description);
  try {
    for (let start = 0; start < from.bytes; start += rangeBytes)
      await upload.addCopy(from.key, start, Math.min(from.bytes, start + rangeBytes) - 1);
    await upload.complete();
  } catch (error) {
    await Promise.allSettled([upload.abort()]);
    throw error;
  }
}
