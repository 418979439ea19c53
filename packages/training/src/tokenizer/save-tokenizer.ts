import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { folderBeside, isFolder, placeFolder, writeJson } from "@trainer/disk";
import type { Tokenizer } from "@trainer/tokenizers";
import { tokenizerSha256 } from "../bins/bin-tokenizer.js";
import type { CorpusTokenizer } from "./learn-on-corpus.js";

/** An id that follows from a tokenizer's contents. */
export async function contentId(tokenizer: Tokenizer): Promise<string> {
  return `${tokenizer.kind}-${tokenizer.vocabSize}-${(await tokenizerSha256(tokenizer)).slice(0, 12)}`;
}

/** Writes a tokenizer with its manifest as a folder that appears whole; one that is there already stays. */
export async function saveTokenizer(dir: string, { tokenizer, manifest }: CorpusTokenizer): Promise<void> {
  const tmp = await folderBeside(dirname(dir));
  try {
    await tokenizer.save(tmp);
    await writeJson(join(tmp, "manifest.json"), manifest);
    await placeFolder(tmp, dir, () => isFolder(dir)); // another process may have made the same one meanwhile
  } catch (error) {
    await rm(tmp, { recursive: true, force: true });
    throw error;
  }
}
