import { createHash, randomUUID } from "node:crypto";
import { createReadStream, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { isFile, isSha256, type Sha256 } from "@trainer/disk";
import { isHeld, FileLock } from "../home/file-lock.js";

/** The id of a file in a file service, the SHA-256 of its content, as it is written everywhere; null for what is none. */
export function fileIdOf(text: string): Sha256 | null {
  const id = text.trim().toLowerCase();
  return isSha256(id) ? id : null;
}

/** A corpus in the cache's folder. */
export const cachedPath = (dir: string, id: string): string => join(dir, `${id}.txt`);

/** Held by who fetches it, or takes it out. */
export const cacheLock = (dir: string, id: string): string => join(dir, `.lock-${id}.json`);

/** Prefix of files that mark cached content as in use. */
export const IN_USE = ".in-use-";

const inUse = (id: string) => `${IN_USE}${id}-`;

/** Marks something in a cache as read by this process, until it is disposed of: no cleanup removes it. */
export const markCachedInUse = (dir: string, id: string): Disposable =>
  new FileLock(join(dir, `${inUse(id)}${randomUUID()}.json`), id);

/** True if a living process reads it. */
export const isCachedInUse = (dir: string, id: string): boolean =>
  readdirSync(dir).some((name) => name.startsWith(inUse(id)) && isHeld(join(dir, name)));

/** Removes the marks of processes that have been killed; only for who holds the lock, under which all are made. */
export async function forgetDeadUses(dir: string, id: string): Promise<void> {
  const marks = readdirSync(dir).filter((name) => name.startsWith(inUse(id)));
  for (const path of marks.map((name) => join(dir, name))) if (!isHeld(path)) await rm(path, { force: true });
}

/** True if a file exists and its content has its id as hash. */
export async function isIntact(path: string, id: string, signal: AbortSignal | undefined): Promise<boolean> {
  if (!(await isFile(path))) return false;
  const hash = createHash("sha256");
  const content: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 1 << 20 });
  for await (const chunk of content) {
    signal?.throwIfAborted();
    hash.update(chunk);
  }
  return hash.digest("hex") === id;
}
