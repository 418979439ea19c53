import { statfs } from "node:fs/promises";

/** Bytes that are free on a folder's disk. */
export async function freeBytesOf(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}
