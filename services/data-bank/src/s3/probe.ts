import { randomUUID } from "node:crypto";
import { AppError } from "@trainer/platform";
import type { Bucket } from "./bucket.js";

/** Abilities of a store. Some take the headers and ignore them. */
export interface StoreAbilities {
  /** It refuses content that does not have the checksum sent with it. */
  readonly checksums: boolean;
  /** It refuses to overwrite under If-None-Match: *. */
  readonly conditionalWrites: boolean;
}

/** Tests a store by trying. Leaves nothing behind. @throws AppError if the bucket cannot be written to at all */
export async function probe(bucket: Bucket): Promise<StoreAbilities> {
  const key = `uploads/probe-${randomUUID()}`;
  const description = { contentType: "text/plain", createdAt: "now" };
  const refuses = async (headers: Readonly<Record<string, string>>) => {
    try {
      await bucket.put(key, Buffer.from("probe"), description, headers);
      return false;
    } catch (error) {
      if (error instanceof AppError && error.code === "EXTERNAL_SERVICE_ERROR") return true;
      throw error;
    }
  };
  await bucket.put(key, Buffer.from("probe"), description);
  try {
    const wrong = { "x-amz-checksum-sha256": Buffer.alloc(32).toString("base64") };
    return { checksums: await refuses(wrong), conditionalWrites: await refuses({ "if-none-match": "*" }) };
  } finally {
    await bucket.remove(key);
  }
}
