import { constants, type Stats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { unlessAbsent } from "./errno.js";

export interface OpenedFile {
  readonly file: FileHandle;
  readonly info: Stats;
}

/**
 * Opens a file to be read, whatever becomes of its name; null for what is not there, is no file, or is a link. A device or
 * a pipe is not waited for.
 */
export async function openFile(path: string): Promise<OpenedFile | null> {
  const file = await unlessAbsent(open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK));
  if (file === null) return null;
  const info = await file.stat();
  if (info.isFile()) return { file, info };
  await file.close();
  return null;
}
