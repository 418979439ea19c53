import { rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isPast } from "./disk-time.js";
import { unlessAbsent } from "./errno.js";
import { entriesIn } from "./is-there.js";
import { isTemporary } from "./write-whole.js";

/** Longer than a file is written without a byte added. */
const ABANDONED_MS = 86_400_000;

/** Removes the files that killed processes left half-written beside those they were to become, in a folder and all below it. */
export async function removeTemporaries(folder: string): Promise<void> {
  for (const entry of await entriesIn(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await removeTemporaries(path);
    else if (isTemporary(entry.name) && (await isAbandoned(path))) await rm(path, { force: true });
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const info = await unlessAbsent(stat(path)); // null: it has just become what it was to become
  return info !== null && (await isPast(info.mtimeMs, ABANDONED_MS, dirname(path)));
}
