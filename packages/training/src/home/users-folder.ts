import { lstat, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderBeside, makeFolder } from "@trainer/disk";

/**
 * A new temporary folder that only this user can read. They lie together, so that the next one finds those of killed
 * processes, and removes them; where another user has taken that place, each lies by itself.
 */
export async function usersFolder(name: string): Promise<string> {
  const uid = process.getuid?.(); // of whom a container may know no more
  const parent = join(tmpdir(), `${name}-${uid}`);
  await makeFolder(parent, { mode: 0o700 }).catch(() => {}); // what is there is looked at
  const there = await lstat(parent);
  const isOurs = there.isDirectory() && there.uid === uid && (there.mode & 0o077) === 0;
  return isOurs ? await folderBeside(parent) : await mkdtemp(`${parent}-`);
}
