import { mkdtemp, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { isFolder } from "./folders.js";

/**
 * Why nothing can be written in a folder, or in the nearest one above it that is there; null where something can. It is
 * tried: permissions alone do not tell of file systems that take nothing.
 */
export async function whyNotWritable(folder: string): Promise<string | null> {
  let there = resolve(folder);
  while (!(await isFolder(there))) there = dirname(there); // ends at the root, which always exists
  try {
    await rmdir(await mkdtemp(join(there, ".trainer-")));
    return null;
  } catch (error) {
    return String(error);
  }
}
