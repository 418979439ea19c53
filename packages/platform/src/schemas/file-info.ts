import { z } from "zod";

/** 64 lowercase hexadecimal digits: the SHA-256 of a file's bytes, and so its id. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 lowercase hexadecimal digits");

/** What the file service tells of a file. `file_id` and `sha256` are the same. */
export const FileInfo = z.object({
  file_id: Sha256,
  /** In bytes. */
  size: z.int().nonnegative(),
  sha256: Sha256,
  content_type: z.string().min(1),
  /** ISO 8601 with its offset. */
  created_at: z.string().nullish().default(null),
});
export type FileInfo = z.infer<typeof FileInfo>;
