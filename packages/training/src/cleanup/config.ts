import { z } from "zod";

const dryRun = z.boolean().default(false);
const bytes = z.int().min(0);

/** Runs whose archives are kept elsewhere. */
export const CleanupConfig = z.strictObject({
  enabled: z.boolean().default(true),
  /** Removes only runs that have the id of their archive. */
  verifyUpload: z.boolean().default(true),
  /** Age below which a run is kept. */
  gracePeriodSeconds: z.number().min(0).default(0),
  dryRun,
});
export type CleanupConfig = z.infer<typeof CleanupConfig>;

/** Corpora that can be fetched again. */
export const CorpusCacheCleanupConfig = z.strictObject({
  enabled: z.boolean().default(false),
  maxBytes: bytes.default(10 * 2 ** 30),
  minFreeBytes: bytes.default(2 * 2 ** 30),
  /** Order of removal: least recently read, or least recently fetched. */
  evictionPolicy: z.enum(["lru", "oldest"]).default("lru"),
  dryRun,
});
export type CorpusCacheCleanupConfig = z.infer<typeof CorpusCacheCleanupConfig>;

/** Token bins, which can be made again from their corpus. */
export const BinsCleanupConfig = z.strictObject({
  enabled: z.boolean().default(true),
  maxBytes: bytes.default(50 * 2 ** 30),
  maxUnusedDays: z.number().min(0).default(30),
  dryRun,
});
export type BinsCleanupConfig = z.infer<typeof BinsCleanupConfig>;

/** Tokenizers that no run names. */
export const TokenizerCleanupConfig = z.strictObject({
  enabled: z.boolean().default(false),
  minUnusedDays: z.number().min(0).default(30),
  dryRun,
});
export type TokenizerCleanupConfig = z.infer<typeof TokenizerCleanupConfig>;
