import { randomUUID } from "node:crypto";
import { rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isPast } from "./disk-time.js";
import { unlessAbsent } from "./errno.js";
import { syncFolder } from "./folder.js";
import { namesIn } from "./is-there.js";

const REMOVED = ".removed-";

/**
 * Removes a file or a folder: out of its place at once, so that nobody finds half of it. `keep` is called when it is
 * out of its place; if it is needed by then, it is put back, and the result is false.
 */
export async function removeAside(
  path: string,
  keep: () => Promise<boolean> = () => Promise.resolve(false),
): Promise<boolean> {
  const aside = join(dirname(path), `${REMOVED}${basename(path)}-${randomUUID()}`);
  await rename(path, aside);
  let kept = true;
  try {
    kept = await keep();
  } finally {
    if (kept) await rename(aside, path);
  }
  await syncFolder(dirname(path));
  if (!kept) await rm(aside, { recursive: true, force: true });
  return !kept;
}

/** Another process may be about to put back what it has put aside. */
const ABANDONED_MS = 3_600_000;

/** Removes what interrupted removals have left in a folder. */
export async function finishRemovals(folder: string, abandonedMs = ABANDONED_MS): Promise<void> {
  for (const name of (await namesIn(folder)).filter((each) => each.startsWith(REMOVED))) {
    const path = join(folder, name);
    const info = await unlessAbsent(stat(path)); // null: another process has just finished it
    if (info !== null && (await isPast(info.ctimeMs, abandonedMs, folder)))
      await rm(path, { recursive: true, force: true });
  }
}
