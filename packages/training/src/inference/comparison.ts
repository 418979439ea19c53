import type { Metrics } from "./evaluation-files.js";

/** Figures that are better when lower, and do not depend on chance. */
const LOSSES = ["loss", "perplexity", "bits_per_byte", "bits_per_character"] as const;
/** Figures of samples: too few to call a change a regression. */
const OF_SAMPLES = ["distinct_1", "distinct_2", "repetition_4"] as const;

/** Figures that are equal if a text came in the same tokens. */
const SAME_TOKENS = ["tokens", "bytes", "lost_bytes", "unknown_tokens"] as const;

export type ComparedMetric = (typeof LOSSES)[number] | (typeof OF_SAMPLES)[number];

export interface Difference {
  readonly metric: ComparedMetric;
  readonly before: number;
  readonly now: number;
  /** now / before - 1; null where before is 0. */
  readonly change: number | null;
  readonly regression: boolean;
}

export interface Comparison {
  /** The run, or "the previous evaluation". */
  readonly against: string;
  /** Both were of a text of as many bytes and tokens, so that they are as good as sure to be the same. */
  readonly sameText: boolean;
  readonly differences: readonly Difference[];
}

/**
 * Two evaluations metric by metric. A loss that grew by more than `threshold` of itself is a regression. Loss and
 * perplexity are per token: where the same text came in another number of tokens, or lost another part of itself, only bits
 * per byte and per character are compared, which a tokenizer that loses text has none of.
 */
export function compareMetrics(against: string, before: Metrics, now: Metrics, threshold: number): Comparison {
  const same = (figure: (typeof SAME_TOKENS)[number]) => before[figure] === now[figure];
  const sameTokens = SAME_TOKENS.every(same);
  const perToken = (metric: ComparedMetric) => metric === "loss" || metric === "perplexity";
  const compared = [...LOSSES, ...OF_SAMPLES].filter((metric) => sameTokens || !perToken(metric));
  const differences = compared.flatMap((metric): Difference[] => {
    const [old, value] = [before[metric], now[metric]];
    if (old === null || value === null) return [];
    const regression = LOSSES.some((each) => each === metric) && value > old * (1 + threshold);
    return [{ metric, before: old, now: value, change: old === 0 ? null : value / old - 1, regression }];
  });
  return { against, sameText: same("bytes"), differences };
}
