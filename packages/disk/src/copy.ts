import { constants } from "node:fs";
import { copyFile, open } from "node:fs/promises";

/** Copies a file and syncs the copy; where the file system can, both share their blocks. */
export async function copySynced(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  const copy = await open(to, "r+");
  try {
    await copy.sync();
  } finally {
    await copy.close();
  }
}
