import { existsSync, realpathSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { unlessAbsent } from "./errno.js";

/**
 * The real path of `path` within `root`, links followed; null if it does not exist or leads out of `root`, by `..`, by
 * a link or by being absolute: the two are not distinguished.
 */
export async function resolveInside(root: string, path: string): Promise<string | null> {
  const real = await unlessAbsent(realpath(resolve(root, path)));
  const top = await unlessAbsent(realpath(root));
  return real !== null && top !== null && isWithin(top, real) ? real : null;
}

/** True if the existing `path` is `root` or inside it, links followed. */
export const isInside = (root: string, path: string): boolean =>
  existsSync(root) && isWithin(realpathSync(root), realpathSync(path));

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
