import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isId } from "./ids.js";

/** Whether there is a folder at `path`. */
export const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );

/** Whether there is a file at `path`. */
export const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isFile(),
    () => false,
  );

/** The ids of what lies in a folder of a home, sorted; none where the folder is not there yet. */
export async function idsIn(folder: string): Promise<string[]> {
  if (!(await isFolder(folder))) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && isId(entry.name))
    .map((entry) => entry.name)
    .toSorted();
}

/** The bytes of all files in a folder and below; what disappears meanwhile counts nothing. */
export async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const sizes = entries.map((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return bytesIn(path);
    return entry.isFile() ? fileSize(path) : Promise.resolve(0);
  });
  return (await Promise.all(sizes)).reduce((total, size) => total + size, 0);
}

const fileSize = (path: string): Promise<number> =>
  stat(path).then(
    (info) => info.size,
    () => 0,
  );
