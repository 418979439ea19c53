import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { openCorpus, type Corpus } from "../src/corpus/corpus.js";
import type { DocumentMode } from "../src/corpus/cut-documents.js";
import { documentsOf } from "../src/corpus/document-batch.js";
import { SPLITS, type Split } from "../src/corpus/held-out.js";
import { splitDocuments } from "../src/corpus/split-documents.js";
import { planSplit, type SplitOptions, type SplitPlan } from "../src/corpus/split-plan.js";
import { temporaryFolder } from "../src/home/temporary-folder.js";

type Documents = Record<Split, string[]>;

/** The documents of each split, pieced together from its batches. */
export async function split(corpus: Corpus, options: SplitOptions): Promise<{ by: string; documents: Documents }> {
  const plan = await planSplit(corpus, options);
  return { by: plan.by, documents: await splitBy(corpus, plan) };
}

/** The same by a plan that there is. */
export async function splitBy(corpus: Corpus, plan: SplitPlan): Promise<Documents> {
  const documents: Documents = { train: [], validation: [], test: [] };
  const open: Record<Split, boolean> = { train: false, validation: false, test: false };
  for await (const batch of splitDocuments(corpus, plan)) {
    const into = documents[batch.split];
    expect(batch.continued).toBe(open[batch.split]);
    let continued = batch.continued;
    for (const document of documentsOf(batch)) {
      if (continued) into.push(`${into.pop()}${document}`);
      else into.push(document.toString());
      continued = false;
    }
    open[batch.split] = batch.open;
  }
  expect(open).toEqual({ train: false, validation: false, test: false });
  return documents;
}

/** A corpus of a folder with these texts, a file each. */
export async function withCorpus<T>(
  texts: readonly string[],
  document: DocumentMode,
  body: (corpus: Corpus) => Promise<T>,
): Promise<T> {
  await using folder = await temporaryFolder();
  for (const [i, text] of texts.entries())
    await writeFile(join(folder.path, `${String(i).padStart(5, "0")}.txt`), text);
  return await body(await openCorpus(folder.path, { document }));
}

export const lines = (n: number, from = 0) => Array.from({ length: n }, (_, i) => `line ${i + from}`);
export const tenth = { holdoutFraction: 0.1, testSplitRatio: 0.1, seed: 1 };

const bytesOf = (documents: Documents, name: Split) =>
  documents[name].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
/** Share of all bytes of each split. */
export const shares = (documents: Documents) => {
  const [train, validation, test] = SPLITS.map((name) => bytesOf(documents, name));
  const all = Number(train) + Number(validation) + Number(test);
  return { train: Number(train) / all, validation: Number(validation) / all, test: Number(test) / all };
};
