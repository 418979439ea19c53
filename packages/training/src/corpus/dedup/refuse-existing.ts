import { stat } from "node:fs/promises";
import { unlessAbsent } from "@trainer/disk";
import { CorpusError } from "../corpus-error.js";

/** Refuses a file that is there: nothing is written over. */
export async function refuseExisting(path: string): Promise<void> {
  if ((await unlessAbsent(stat(path))) === null) return;
  throw new CorpusError("INVALID_INPUT", `${path} is there already: name a new file, or remove that one first`);
}
