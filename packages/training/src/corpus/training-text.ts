import type { Corpus, ReadOptions } from "./corpus.js";
import { splitDocuments } from "./split-documents.js";
import type { SplitPlan } from "./split-plan.js";

/**
 * The training split's documents, to train a tokenizer on: what is held back for validation and test is held back from it
 * too. A document larger than a batch comes in pieces, cut between words.
 */
export async function* tokenizerTrainingText(
  corpus: Corpus,
  plan: SplitPlan,
  read: ReadOptions = {},
): AsyncGenerator<{ bytes: Uint8Array; ends: Uint32Array }, void, undefined> {
  for await (const { split, bytes, ends } of splitDocuments(corpus, plan, read)) {
    if (split === "train") yield { bytes, ends };
  }
}
