import { closeSync, fsyncSync, linkSync, openSync, writeSync } from "node:fs";
import { isErrno } from "./errno.js";
import { removeIfPossible } from "./remove-if-possible.js";
import { temporaryName } from "./write-whole.js";

/**
 * Creates a small file with its text, at once and by one process alone; false if there is one. Synced only with `flush`,
 * which locks do without.
 */
export function createIfFree(path: string, text: string, { link = linkSync, flush = false } = {}): boolean {
  const beside = temporaryName(path);
  const create = (name: string) => writeNew(name, text, flush);
  create(beside);
  try {
    return isNew(() => link(beside, path));
  } catch {
    return isNew(() => create(path)); // the file system has no links
  } finally {
    removeIfPossible(beside);
  }
}

function writeNew(path: string, text: string, flush: boolean): void {
  const file = openSync(path, "wx");
  try {
    writeSync(file, text);
    if (flush) fsyncSync(file);
  } finally {
    closeSync(file);
  }
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
