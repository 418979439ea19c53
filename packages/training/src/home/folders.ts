import { stat } from "node:fs/promises";
import { join } from "node:path";
import { entriesIn, isId, unlessAbsent } from "@trainer/disk";

/** Ids of a folder of a home, sorted; none if it does not exist yet. */
export async function idsIn(folder: string): Promise<string[]> {
  return (await entriesIn(folder))
    .filter((entry) => entry.isDirectory() && isId(entry.name))
    .map((entry) => entry.name)
    .toSorted();
}

/** The bytes of all files in a folder and below; what disappears meanwhile counts nothing. */
export const bytesIn = async (folder: string): Promise<number> => (await measure(folder)).bytes;

/** The bytes of a file; 0 where there is none. */
export const bytesOf = async (path: string): Promise<number> => (await measureFile(path)).bytes;

export interface Measure {
  readonly bytes: number;
  readonly files: number;
  /** Time of the last write to any of it; 0 if it is empty. */
  readonly mtimeMs: number;
}

/** The files in a folder and below, links apart; what disappears meanwhile counts nothing. */
export async function measure(folder: string): Promise<Measure> {
  const parts = (await entriesIn(folder)).map((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return measure(path);
    return entry.isFile() ? measureFile(path) : Promise.resolve(NOTHING);
  });
  const { mtimeMs } = (await unlessAbsent(stat(folder))) ?? NOTHING;
  return (await Promise.all(parts)).reduce(
    (sum, part) => ({
      bytes: sum.bytes + part.bytes,
      files: sum.files + part.files,
      mtimeMs: Math.max(sum.mtimeMs, part.mtimeMs),
    }),
    { ...NOTHING, mtimeMs },
  );
}

const NOTHING: Measure = { bytes: 0, files: 0, mtimeMs: 0 };

async function measureFile(path: string): Promise<Measure> {
  const info = await unlessAbsent(stat(path));
  return info === null ? NOTHING : { bytes: info.size, files: 1, mtimeMs: info.mtimeMs };
}
