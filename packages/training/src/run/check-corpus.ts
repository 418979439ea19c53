import { TrainingError } from "../errors.js";
import type { RunEvent } from "./events.js";
import type { RunCorpus } from "../bins/run-corpus.js";

/** Bytes of a corpus that is read and split in no time. */
const SMALL = 1 << 20;

/**
 * Refuses a corpus before there is a run: any whose files are not text; a small one also for faults that show only when
 * it is read and split. A large one is read in the run, which can then be restarted.
 */
export async function checkCorpus(corpus: RunCorpus, onEvent: ((event: RunEvent) => void) | undefined): Promise<void> {
  const onLook = (looked: number, files: number) => onEvent?.({ type: "data", phase: "open", looked, files });
  try {
    const { totalBytes } = await corpus.open({ onLook });
    if (totalBytes <= SMALL) await corpus.plan();
  } catch (error) {
    throw TrainingError.from(error);
  }
}
