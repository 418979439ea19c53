import { lstat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { isFolder, unlessAbsent, whyNotWritable } from "@trainer/disk";
import { CorpusError } from "../corpus-error.js";

/** Refuses a file that is there, for nothing is written over, and one where none can be made, before all is read. */
export async function assertNewFile(path: string): Promise<void> {
  if ((await unlessAbsent(lstat(path))) !== null) throw existing(path);
  const folder = dirname(resolve(path));
  if (!(await isFolder(folder))) {
    const what = `there is no folder ${folder} to write ${basename(path)} in`;
    throw new CorpusError("INVALID_INPUT", `${what}: make it first, or name a file in another one`);
  }
  const why = await whyNotWritable(folder);
  if (why === null) return;
  const what = `nothing can be written in ${folder} (${why})`;
  throw new CorpusError("INVALID_INPUT", `${what}: name a file in another folder`);
}

/** The error for a file that is there. */
export const existing = (path: string): CorpusError =>
  new CorpusError("INVALID_INPUT", `${path} is there already: name a new file, or remove that one first`);
