import { realpath } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { TrainingError } from "@trainer/training/files";

/**
 * The real path of what a request names below a folder, links followed: neither `..` nor a link leads out of it. Whether
 * there is something outside is not told apart from there being nothing.
 * @throws TrainingError CORPUS_NOT_FOUND
 */
export async function contained(folder: string, path: string): Promise<string> {
  const real = await realpath(resolve(folder, path)).catch(() => null);
  const within = real !== null && isBelow(await realpath(folder), real);
  if (within) return real;
  throw new TrainingError(
    "CORPUS_NOT_FOUND",
    "USER_INPUT",
    `there is no text "${path}" below ${folder}: give its path from there, and put it there if it is not yet`,
  );
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Where the corpora of requests lie, below the data root. */
export const corpusFolder = (dataRoot: string): string => join(dataRoot, "corpus");
