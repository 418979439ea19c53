import { link, lstat, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { isErrno, unlessAbsent } from "./errno.js";
import { syncFolder } from "./folder.js";

/** Moves a finished file to a place that is free; false if something is there by now, be it a link that leads nowhere. */
export async function placeNewFile(from: string, to: string, { linkFile = link } = {}): Promise<boolean> {
  try {
    await linkFile(from, to); // which never replaces what is there, as a renaming does
  } catch (error) {
    if (isErrno(error, "EEXIST") || (await unlessAbsent(lstat(to))) !== null) return false;
    await rename(from, to); // the file system has no links
  }
  await rm(from, { force: true });
  await syncFolder(dirname(to));
  return true;
}
