import type { TrainProgress } from "@trainer/tokenizers";
import type { Method } from "@trainer/tokenizers/capabilities";

/**
 * Completed fraction of a phase, from 0 to 1. The bytes are those of the training split's text, unzipped: the total is
 * a guess.
 */
export function trainingProgress(p: TrainProgress, corpusBytes: number): number {
  return Math.min(1, p.phase === "count" ? p.bytes / corpusBytes : p.merges / p.totalMerges);
}

/** Completed fraction of a whole training, from 0 to 1. A method whose text decides on its tokens only counts. */
export function tokenizerShare(
  p: TrainProgress,
  corpusBytes: number,
  { leastVocabSize }: Pick<Method, "leastVocabSize">,
): number {
  const fraction = trainingProgress(p, corpusBytes);
  if (leastVocabSize === null) return fraction;
  return p.phase === "count" ? fraction / 2 : (1 + fraction) / 2;
}
