import { isSha256 } from "@trainer/disk";
import { z } from "zod";

/** The SHA-256 of a file's bytes, and so its id. */
export const Sha256 = z.string().refine(isSha256, "must be 64 lowercase hexadecimal digits");
export type Sha256 = z.output<typeof Sha256>;

const hash: z.ZodType<string, string> = Sha256;

/** A file of the file service. `file_id` and `sha256` are equal. */
export const FileInfo = z.object({
  file_id: hash,
  /** Size in bytes. */
  size: z.int().nonnegative(),
  sha256: hash,
  content_type: z.string().min(1),
  /** ISO 8601 with its offset. */
  created_at: z.string().nullish().default(null),
});
export type FileInfo = z.infer<typeof FileInfo>;
