import { createHash } from "node:crypto";
import { isSha256, type Sha256 } from "@trainer/disk";

/** Id of these bytes in a file service. */
export const sha256 = (bytes: string | Uint8Array): Sha256 =>
  asSha256(createHash("sha256").update(bytes).digest("hex"));

/** An id that is known to be one. */
export function asSha256(id: string): Sha256 {
  if (!isSha256(id)) throw new Error(`${id} is no SHA-256`);
  return id;
}
