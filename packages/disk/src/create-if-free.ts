import { linkSync, rmSync, writeFileSync } from "node:fs";
import { isErrno } from "./errno.js";
import { temporaryName } from "./write-whole.js";

/** Creates a small file with its text, at once and by one process alone; false if there is one. For locks: it is not synced. */
export function createIfFree(path: string, text: string, link = linkSync): boolean {
  const beside = temporaryName(path);
  writeFileSync(beside, text, { flag: "wx" });
  try {
    return isNew(() => link(beside, path));
  } catch {
    return isNew(() => writeFileSync(path, text, { flag: "wx" })); // the file system has no links
  } finally {
    removeIfPossible(beside);
  }
}

/** Never throws: a leftover is like any other; an error would hide that the file was created. */
function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {}
}

function isNew(make: () => void): boolean {
  try {
    make();
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    throw error;
  }
}
