import { mkdtemp, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { errnoOf, unlessAbsent } from "./errno.js";

/**
 * Reason why nothing can be written in a folder, or in its nearest existing ancestor; null if it can. Found by trying:
 * permissions alone do not reveal read-only file systems.
 */
export async function whyNotWritable(folder: string): Promise<string | null> {
  try {
    await tryToWrite(folder);
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}

/**
 * The same for a service that starts, in a sentence; null also for a disk that is full: what is there can be used, and
 * cleaned away.
 * @param named what names the folder, as a person would change it
 */
export async function whyNotAHome(folder: string, named: string, attempt = tryToWrite): Promise<string | null> {
  try {
    await attempt(folder);
    return null;
  } catch (error) {
    if (FULL.has(errnoOf(error))) return null;
    const why = reasonOf(error);
    return `nothing can be written in ${resolve(folder)} (${why}), which ${named} names: let this user write there, or name another folder`;
  }
}

/** The same with what the file system throws. Before a recursive mkdir, which never returns below /proc. */
export async function tryToWrite(folder: string): Promise<void> {
  let there = resolve(folder);
  for (;;) {
    const info = await unlessAbsent(stat(there));
    if (info?.isDirectory()) break;
    if (info !== null) throw Object.assign(new Error(`${there} is a file`), { code: "ENOTDIR" });
    there = dirname(there); // ends at the root, which always exists
  }
  await rmdir(await mkdtemp(join(there, ".trainer-")));
}

const FULL = new Set(["ENOSPC", "EDQUOT"]);

/** The user's number is what a volume's owner is compared with. */
const DENIED = `permission denied for user ${process.getuid?.()}`;
const REASONS: Readonly<Record<string, string>> = {
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: "the file system is read-only",
  ENOSPC: "no space left on the disk",
};

const reasonOf = (error: unknown): string => REASONS[errnoOf(error)] ?? String(error).replace(/^Error: /, "");
