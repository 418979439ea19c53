import { writeWhole } from "@trainer/disk";
import type { Corpus } from "../corpus.js";
import { formatOfKept, KeptFile } from "./kept-file.js";
import { refuseExisting } from "./refuse-existing.js";

/** Writes documents of a corpus to a new file, whole or not at all; null: `work` writes nothing. */
export async function withKept<T>(
  out: string | null,
  corpus: Corpus,
  work: (kept: KeptFile | null) => Promise<T>,
): Promise<T> {
  if (out === null) return await work(null);
  return await writeWhole(out, async (file) => {
    const kept = new KeptFile(file, formatOfKept(out, corpus.document, corpus.separator));
    const result = await work(kept);
    await kept.end();
    await corpus.assertUnchanged();
    await refuseExisting(out);
    return result;
  });
}
