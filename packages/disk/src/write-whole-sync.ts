import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { removeIfPossible } from "./remove-if-possible.js";
import { ofFile, temporaryName } from "./write-whole.js";

/** As `writeJson`, for a small file in an existing folder, synchronous. */
export function writeJsonSync(path: string, value: unknown, { mode }: { readonly mode?: number } = {}): void {
  const temporary = temporaryName(path);
  try {
    withFile(openSync(temporary, "wx", mode), (fd) => writeSync(fd, `${JSON.stringify(value, null, 2)}\n`));
    renameSync(temporary, path);
    withFile(openSync(dirname(path), "r"), () => {});
  } catch (error) {
    removeIfPossible(temporary);
    throw ofFile(error, temporary, path);
  }
}

function withFile(fd: number, write: (fd: number) => void): void {
  try {
    write(fd);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
