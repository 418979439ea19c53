import { readdir } from "node:fs/promises";
import { UsageError } from "./errors.js";

/** Refuses a folder that holds something, before hours of work that would have nowhere to go. */
export async function assertFree(out: string): Promise<void> {
  const entries = await readdir(out).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  });
  if (entries.length > 0)
    throw new UsageError(`--out ${out} is not empty; name a new folder, or replace it with --force`);
}
