import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { isErrno } from "./errno.js";
import { isFolder } from "./is-there.js";

/** Syncs a folder: a name that was made, renamed or removed in it survives a power cut only from here on. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Makes a folder and those above it, each synced into the one that holds it. One that is there keeps its mode. */
export async function makeFolder(path: string, options: { readonly mode?: number } = {}): Promise<void> {
  const parent = dirname(path);
  try {
    await mkdir(path, options);
  } catch (error) {
    if (isErrno(error, "EEXIST") && (await isFolder(path))) return;
    // Below /proc a folder that is there takes no other: Node.js's own `recursive` tries that for ever.
    if (!isErrno(error, "ENOENT") || (await isFolder(parent))) throw error;
    await makeFolder(parent, options);
    await makeFolder(path, options);
    return;
  }
  await syncFolder(parent);
}
