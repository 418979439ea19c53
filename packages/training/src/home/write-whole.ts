import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Readable } from "node:stream";

/** Writes a file so that it is there whole or not at all, and makes the folder it lies in. */
export async function writeWhole(path: string, content: string | Readable): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const tmp = `${path}.${randomUUID()}.tmp`;
  try {
    {
      await using file = await open(tmp, "wx");
      await writeFile(file, content);
      await file.sync();
    }
    await rename(tmp, path);
  } catch (error) {
    await rm(tmp, { force: true });
    throw error;
  }
}
