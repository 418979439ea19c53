import { openCorpus } from "../corpus/corpus.js";
import { planSplit } from "../corpus/split-plan.js";
import { TrainingError } from "../errors.js";
import type { Home } from "../home/home.js";
import { corpusOptions } from "../options/corpus-options.js";
import type { RunEvent } from "./events.js";
import type { TrainOptions } from "../options/options.js";

/** Bytes of a corpus that is read and split in no time. */
const SMALL = 1 << 20;

/**
 * Refuses a corpus before there is a run: any whose files are not text; of a small one also what only shows when it is read
 * and split. A large one is read in the run, which can then be begun anew.
 */
export async function checkCorpus(
  paths: readonly string[],
  options: TrainOptions,
  { home, onEvent }: { readonly home: Home; readonly onEvent?: ((event: RunEvent) => void) | undefined },
): Promise<void> {
  const onLook = (looked: number, files: number) => onEvent?.({ type: "data", phase: "open", looked, files });
  try {
    const corpus = await openCorpus(paths, { ...corpusOptions(options, home), onLook });
    if (corpus.totalBytes <= SMALL) await planSplit(corpus, options);
  } catch (error) {
    throw TrainingError.from(error);
  }
}
