import type { DataBankConfig } from "./config.js";
import { DiskStore } from "./disk/disk-store.js";
import { scrubDisk } from "./disk/scrub.js";
import { Bucket } from "./s3/bucket.js";
import { scrubBucket } from "./s3/scrub.js";
import { S3Store } from "./s3/s3-store.js";
import type { BlobStore, ScrubEvent, ScrubOptions } from "./store.js";

/** Looks over the store that the configuration names, without a service. */
export const scrubStore = (
  config: Pick<DataBankConfig, "s3" | "root">,
  options: ScrubOptions,
): AsyncIterable<ScrubEvent> =>
  config.s3 === null ? scrubDisk(config.root, options) : scrubBucket(new Bucket(config.s3), options);

/** The store that the configuration names, and where it is, in words. */
export async function openStore(
  config: Pick<DataBankConfig, "s3" | "root" | "minFreeBytes">,
): Promise<{ readonly store: BlobStore; readonly place: string }> {
  const { s3, root, minFreeBytes } = config;
  if (s3 === null) return { store: await DiskStore.open({ root, minFreeBytes }), place: root };
  const store = await S3Store.open(s3);
  const { checksums, conditionalWrites } = store.abilities;
  const abilities = `checksums ${checksums ? "checked by it" : "ignored, so read back"}, conditional writes ${conditionalWrites ? "honoured" : "ignored"}`;
  return { store, place: `${s3.endpoint}/${s3.bucket} (${abilities})` };
}
