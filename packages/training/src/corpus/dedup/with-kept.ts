import { basename, dirname, join, resolve } from "node:path";
import { placeNewFile, temporaryBeside, writeSynced } from "@trainer/disk";
import type { Corpus } from "../corpus.js";
import { existing } from "./assert-new-file.js";
import { formatOfKept, KeptFile } from "./kept-file.js";

/**
 * Writes documents of a corpus to a new file, whole or not at all; null: `work` writes nothing. What a killed process has
 * left of one is removed by the next that writes in the folder.
 */
export async function withKept<T>(
  out: string | null,
  corpus: Corpus,
  work: (kept: KeptFile | null) => Promise<T>,
): Promise<T> {
  if (out === null) return await work(null);
  await using folder = await temporaryBeside(dirname(resolve(out)));
  const made = join(folder.path, basename(out));
  const result = await writeSynced(made, async (file) => {
    const kept = new KeptFile(file, formatOfKept(out, corpus.document, corpus.separator));
    const worked = await work(kept);
    await kept.end();
    return worked;
  });
  await corpus.assertUnchanged();
  if (!(await placeNewFile(made, out))) throw existing(out);
  return result;
}
