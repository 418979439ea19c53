import { BatchLoader, type LoaderOptions } from "../bins/batch-loader.js";
import type { TokenBin } from "../bins/token-bin.js";
import type { PlannedEvaluation } from "../step/planned-evaluation.js";

export interface PairReading extends Pick<LoaderOptions, "seqLen" | "batchSize" | "seed" | "padId" | "device"> {
  /** About how many tokens of answers are drawn, in whole batches; 0: all. */
  readonly evalTokens: number;
  /** Tokens of answers in the bin. */
  readonly learnt: number;
  readonly reference: Float32Array | null;
}

/** Plans the evaluation of a bin of pairs. */
export function planPairs(bin: TokenBin, { evalTokens, learnt, ...reading }: PairReading): PlannedEvaluation {
  const all = Math.ceil(bin.documents / reading.batchSize);
  const batches = evalTokens === 0 ? all : Math.min(all, Math.ceil((all * evalTokens) / learnt));
  const sampled = batches < all;
  return {
    targets: Math.round((learnt * batches) / all),
    batches,
    sampled,
    bytes: bin.bytes,
    characters: 0,
    documentLengths: null,
    open() {
      const loader = new BatchLoader(bin, { ...reading, shuffle: sampled, pairs: true }); // drawn by the seed, the same each time
      return { batches, text: null, next: () => loader.next(), [Symbol.dispose]: () => loader[Symbol.dispose]() };
    },
  };
}
