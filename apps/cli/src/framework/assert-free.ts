import { namesIn } from "@trainer/disk";
import { UsageError } from "../process/errors.js";

/** Refuses a folder that holds something, before hours of work that would have nowhere to go. */
export async function assertFree(out: string): Promise<void> {
  if ((await namesIn(out)).length > 0)
    throw new UsageError(`--out ${out} is not empty; name a new folder, or replace it with --force`);
}
