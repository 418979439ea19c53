import { join } from "node:path";
import { ID_RULE, isFolder, isId, removeAside } from "@trainer/disk";
import { TrainingError } from "../errors.js";
import { idsIn, measure } from "../home/folders.js";
import type { Home } from "../home/home.js";
import { suggest } from "../home/nearest.js";
import { namedByRuns, runsNaming } from "../home/references.js";

/** Removes a tokenizer of a home that no run names. Throws INVALID_INPUT, TOKENIZER_NOT_FOUND, and CONFLICT of one that stays. */
export async function removeTokenizer(home: Home, id: string): Promise<{ readonly bytes: number }> {
  const dir = join(home.tokenizers, id);
  if (!isId(id)) {
    const message = `"${id}" is no id of a tokenizer (${ID_RULE}); only those in ${home.tokenizers} are removed`;
    throw new TrainingError("INVALID_INPUT", message);
  }
  if (!(await isFolder(dir))) {
    const hint = suggest(id, await idsIn(home.tokenizers), "it has no tokenizers");
    throw new TrainingError("TOKENIZER_NOT_FOUND", `no tokenizer "${id}" in ${home.tokenizers}: ${hint}`);
  }
  refuse(id, await reasonToStay(home, id));
  const { bytes } = await measure(dir);
  // A run that begins meanwhile names it before it opens it: what has been named is put back.
  let reason: string | null = null;
  await removeAside(dir, async () => (reason = await reasonToStay(home, id)) !== null);
  refuse(id, reason);
  return { bytes };
}

function refuse(id: string, reason: string | null): void {
  if (reason !== null) throw new TrainingError("CONFLICT", `the tokenizer ${id} stays: ${reason}`);
}

async function reasonToStay(home: Home, id: string): Promise<string | null> {
  const named = await namedByRuns(home);
  const runs = runsNaming(named, home, id);
  if (runs.length > 0) return `it is the tokenizer of ${runs.join(", ")}; remove what uses it first`;
  const { unknown } = named;
  if (unknown.length === 0) return null;
  return `these runs do not say which tokenizer they need: ${unknown.join(", ")}`;
}
