import type { TrainProgress } from "@trainer/tokenizers";

/** Phase of a tokenizer's training, and its completed fraction, 0..1. */
export function tokenizerProgress(
  { phase, bytes, merges, totalMerges }: Pick<TrainProgress, "phase" | "bytes" | "merges" | "totalMerges">,
  corpusBytes: number,
): readonly [what: string, fraction: number] {
  if (phase === "count") return ["counting words", Math.min(1, bytes / corpusBytes)];
  return ["merging tokens", merges / totalMerges];
}
