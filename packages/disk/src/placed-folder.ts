import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { isPast } from "./disk-time.js";
import { isErrno, unlessAbsent } from "./errno.js";
import { makeFolder, syncFolder } from "./folder.js";
import { namesIn } from "./is-there.js";
import { namespace, startOf } from "./process.js";

/**
 * A folder to write in, beside its destination. Its name names the writer, so that leftovers of a dead process are
 * recognised.
 */
export async function folderBeside(parent: string): Promise<string> {
  await makeFolder(parent);
  await removeLeftovers(parent);
  const path = join(parent, `.tmp-${process.pid}.${beginOf(process.pid)}.${namespace()}-${randomUUID()}-${hostname()}`);
  await mkdir(path);
  return path;
}

/** The same, gone with all that is still in it when it is disposed of. */
export async function temporaryBeside(parent: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await folderBeside(parent);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const LEFTOVER = /^\.tmp-(\d+)(?:\.(\w*)\.(\w*))?-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-(.*)$/;

const ABANDONED_MS = 3_600_000;

/**
 * Removes what dead processes of this host have left. Whether one of another container lives cannot be seen from here:
 * of those it is what was not written to for `abandonedMs`.
 */
export async function removeLeftovers(parent: string, abandonedMs = ABANDONED_MS): Promise<void> {
  for (const name of await namesIn(parent)) {
    const [whole, pid, began, space, host] = LEFTOVER.exec(name) ?? [];
    if (whole === undefined || host !== hostname()) continue;
    const path = join(parent, name);
    const dead =
      space === namespace()
        ? beginOf(Number(pid)) !== began
        : await isPast(await lastWritten(path), abandonedMs, parent);
    if (dead) await rm(path, { recursive: true, force: true });
  }
}

/** Start time of a process, as a part of a name; empty if it is gone. */
const beginOf = (pid: number): string => (startOf(pid) ?? "").replace(/\W/g, "");

/** Time of the last write to a folder or anything in it, in ms since 1970. */
async function lastWritten(path: string): Promise<number> {
  const own = (await unlessAbsent(stat(path)))?.mtimeMs ?? 0;
  const names = (await unlessAbsent(readdir(path))) ?? [];
  const parts = names.map((name) => lastWritten(join(path, name)));
  return Math.max(own, ...(await Promise.all(parts)));
}

/**
 * Moves a finished folder to its place, all at once. Where another process was quicker and left a folder that `isValid`,
 * that one stays and ours goes; one that is not valid gives way.
 */
export async function placeFolder(from: string, to: string, isValid: () => Promise<boolean>): Promise<void> {
  await syncFolder(from);
  while (!(await renameIfFree(from, to))) {
    if (await isValid()) {
      await rm(from, { recursive: true });
      return;
    }
    const aside = `${from}-replaced`;
    await rename(to, aside);
    await rm(aside, { recursive: true });
  }
  await syncFolder(dirname(to));
}

async function renameIfFree(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOTEMPTY", "EEXIST")) return false;
    throw error;
  }
}
