/** On a GPU a batch of 4 or fewer leaves most of it idle: more sequences are taken instead, as API clients expect. */
export function effectiveBatchSize(batchSize: number | "auto", device: "cpu" | "cuda", family: string): number {
  if (batchSize === "auto") return 0; // not known yet
  return device === "cuda" && batchSize <= 4 ? (GPU_BATCH.get(family) ?? 16) : batchSize;
}

const GPU_BATCH = new Map([
  ["gpt2", 32],
  ["char_lstm", 64],
]);
