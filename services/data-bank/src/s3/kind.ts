import { AppError } from "@trainer/platform";
import type { StoreConfig, StoreKind } from "../stores.js";
import { Bucket, type BucketOptions } from "./bucket.js";
import { S3Store } from "./s3-store.js";
import { scrubBucket } from "./scrub.js";

export const s3: StoreKind = {
  name: "s3",
  open: async (config) => S3Store.open(bucketOf(config)),
  async inspect(config) {
    const bucket = new Bucket(bucketOf(config));
    return { place: bucket.url, scrub: (options) => scrubBucket(bucket, options) };
  },
};

function bucketOf({ s3 }: StoreConfig): BucketOptions {
  if (s3 === null) throw new AppError("CONFIG_ERROR", "STORE: s3 needs S3_BUCKET, the bucket's name");
  return s3;
}
