import { mkdtemp, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { isFolder } from "@trainer/disk";

/**
 * Reason why nothing can be written in a folder, or in its nearest existing ancestor; null if it can. Found by trying:
 * permissions alone do not reveal read-only file systems.
 */
export async function whyNotWritable(folder: string): Promise<string | null> {
  try {
    await tryToWrite(folder);
    return null;
  } catch (error) {
    return String(error);
  }
}

/** The same with what the file system throws. Before a recursive mkdir, which never returns below /proc. */
export async function tryToWrite(folder: string): Promise<void> {
  let there = resolve(folder);
  while (!(await isFolder(there))) there = dirname(there); // ends at the root, which always exists
  await rmdir(await mkdtemp(join(there, ".trainer-")));
}
