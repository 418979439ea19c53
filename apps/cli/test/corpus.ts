import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SUBJECTS = ["the cat", "a small dog", "my friend", "the old king", "every child"];
const VERBS = ["sees", "follows", "forgets", "loves", "paints"];
const OBJECTS = ["the river", "a red house", "the moon", "an empty road", "his brother"];

/** A few kilobytes of text with something to learn in it, the same each time. */
export const corpusText = Array.from({ length: 240 }, (_, i) => {
  const pick = (words: readonly string[], by: number) => words[(i * by + Math.floor(i / 7)) % words.length];
  return `${pick(SUBJECTS, 3)} ${pick(VERBS, 2)} ${pick(OBJECTS, 1)}.\n`;
}).join("");

/** A folder of its own with that text in it. */
export async function corpusFolder(): Promise<{ readonly folder: string; readonly corpus: string }> {
  const folder = await mkdtemp(join(tmpdir(), "trainer-cli-"));
  const corpus = join(folder, "corpus.txt");
  await writeFile(corpus, corpusText);
  return { folder, corpus };
}

/** Options of a model that trains in a second. */
export const TINY =
  "--vocab-size 300 --n-layer 1 --n-embd 32 --n-head 2 --max-seq-len 32 --batch-size 4 --threads 1 --document line --holdout-fraction 0.1".split(
    " ",
  );
