import { readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isFolder, placeFolder, syncFolder, temporaryBeside, writeJson } from "@trainer/disk";
import type { Tokenizer } from "@trainer/tokenizers";
import { tokenizerSha256 } from "../bins/bin-tokenizer.js";
import type { CorpusTokenizer } from "./learn-on-corpus.js";

/** An id that follows from a tokenizer's contents. */
export async function contentId(tokenizer: Tokenizer): Promise<string> {
  return `${tokenizer.kind}-${tokenizer.vocabSize}-${(await tokenizerSha256(tokenizer)).slice(0, 12)}`;
}

/** The file of a tokenizer, in either format: an old one beside the new one would be loaded in its place. */
const TOKENIZER_FILES = ["tokenizer.json", "tokenizer.model"];

/**
 * Writes a tokenizer with its manifest as a folder that appears whole; one that is there already stays. With `replace` its
 * files come in the place of those of their names in a folder that is there, and everything else in it stays.
 */
export async function saveTokenizer(
  dir: string,
  { tokenizer, manifest }: CorpusTokenizer,
  { replace = false } = {},
): Promise<void> {
  await using temporary = await temporaryBeside(dirname(dir));
  const made = temporary.path;
  await tokenizer.save(made);
  await writeJson(join(made, "manifest.json"), manifest);
  if (replace && (await isFolder(dir))) await moveFiles(made, dir);
  else await placeFolder(made, dir, () => isFolder(dir)); // another process may have made the same one meanwhile
}

async function moveFiles(from: string, to: string): Promise<void> {
  const names = await readdir(from);
  for (const name of names) await rename(join(from, name), join(to, name));
  for (const old of TOKENIZER_FILES) if (!names.includes(old)) await rm(join(to, old), { force: true });
  await syncFolder(to);
}
