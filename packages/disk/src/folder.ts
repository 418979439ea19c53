import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";

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
export async function makeFolder(path: string, { mode }: { readonly mode?: number } = {}): Promise<void> {
  const first = await mkdir(path, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  if (first === undefined) return;
  const top = dirname(first);
  for (let made = path; made !== top; made = dirname(made)) await syncFolder(dirname(made));
}
