import { randomUUID } from "node:crypto";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const REMOVED = ".removed-";

/**
 * Removes a file or a folder: out of its place at once, so that nobody finds half of it. `keep` is asked when it is out of
 * its place; where somebody has come to need it, it is put back, and the answer is false.
 */
export async function remove(
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
  if (!kept) await rm(aside, { recursive: true, force: true });
  return !kept;
}

/** Another process may be about to put back what it has put aside. */
const ABANDONED_MS = 3_600_000;

/** Removes what interrupted removals have left in a folder. */
export async function finishRemovals(folder: string, abandonedMs = ABANDONED_MS): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(REMOVED))) {
    const path = join(folder, name);
    const { ctimeMs } = await stat(path); // of its renaming
    if (Date.now() - ctimeMs >= abandonedMs) await rm(path, { recursive: true, force: true });
  }
}

/** Bytes and files of a file or folder, and when it was last written; what disappears meanwhile counts nothing. */
export async function measure(path: string): Promise<{ bytes: number; files: number; mtimeMs: number }> {
  const info = await stat(path).catch(() => null);
  if (info === null) return { bytes: 0, files: 0, mtimeMs: 0 };
  const names = await readdir(path).catch(() => []); // a file has none
  const own = info.isDirectory() ? { bytes: 0, files: 0 } : { bytes: info.size, files: 1 };
  const parts = await Promise.all(names.map((name) => measure(join(path, name))));
  return {
    bytes: parts.reduce((sum, part) => sum + part.bytes, own.bytes),
    files: parts.reduce((sum, part) => sum + part.files, own.files),
    mtimeMs: Math.max(info.mtimeMs, ...parts.map((part) => part.mtimeMs)),
  };
}
