import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { isErrno, makeFolder, unlessAbsent } from "@trainer/disk";
import { markCachedInUse } from "../corpus/corpus-cache.js";
import { UNWRITABLE } from "../home/run-use.js";

/**
 * Marks a set of bins as read by this process, until it is disposed of, and the time of its last use: no cleanup
 * removes it. Where nothing can be written, nothing is marked.
 */
export async function markBinsInUse(cacheDir: string, key: string): Promise<Disposable> {
  const use = await unlessUnwritable(async () => {
    await makeFolder(cacheDir);
    return markCachedInUse(cacheDir, key);
  });
  const now = new Date();
  await unlessUnwritable(() => unlessAbsent(utimes(join(cacheDir, key), now, now)));
  return use ?? { [Symbol.dispose]() {} };
}

async function unlessUnwritable<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (isErrno(error, ...UNWRITABLE)) return null;
    throw error;
  }
}
