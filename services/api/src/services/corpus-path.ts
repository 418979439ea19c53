import { realpath } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { AppError } from "@trainer/platform";

/**
 * Lets a corpus path pass that leads, over all links, to something under the data root's `corpus` folder.
 * @throws AppError CORPUS_NOT_FOUND
 */
export async function checkCorpusPath(dataRoot: string, path: string): Promise<void> {
  const folder = join(dataRoot, "corpus");
  const real = await followed(resolve(folder, path));
  const root = await followed(folder);
  if (real !== null && root !== null && isWithin(root, real)) return;
  const what = real === null ? "there is nothing" : "it lies outside of it";
  throw new AppError(
    "CORPUS_NOT_FOUND",
    `corpus_path ${JSON.stringify(path)} leads to no text in the corpus folder of the server's data: ${what}`,
  );
}

/** Null where there is nothing, or what a path cannot be. */
const followed = (path: string): Promise<string | null> => realpath(path).catch(() => null);

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
