import { sourceNames } from "../corpus/source-names.js";
import { sourceWeight, type SourceWeight } from "@trainer/options";

export type { SourceWeight } from "@trainer/options";

/** Parts of the whole that weights come to when a run has got so far, from 0 to 1. */
export function sharesAt(weights: readonly SourceWeight[], progress: number): number[] {
  const now = weights.map(({ from, to }) => from + (to - from) * progress);
  const most = Math.max(...now);
  const scaled = now.map((weight) => weight / most); // a sum of huge ones would be infinite
  const sum = scaled.reduce((total, weight) => total + weight, 0);
  return scaled.map((weight) => weight / sum);
}

/** Shares by which losses of the texts make one: those of the middle of a run, and for texts that are not mixed one. */
export const meanShares = (weights: readonly SourceWeight[]): number[] => sharesAt(weights, 0.5);

/** Weight of a text that is not mixed. */
export const WHOLE: SourceWeight = { from: 1, to: 1 };

interface MixOptions {
  readonly corpus: readonly string[];
  readonly corpusWeights: readonly string[] | null;
}

/** The weights of a run's texts; of a run that mixes none the one of all its text. */
export const weightsOf = ({ corpusWeights }: Pick<MixOptions, "corpusWeights">): SourceWeight[] =>
  (corpusWeights ?? [""]).map((text) => sourceWeight(text) ?? WHOLE);

/** Names of a run's texts, none where it mixes none, and the parts by which their losses make one. */
export const mixOf = (options: MixOptions) => ({
  sources: options.corpusWeights === null ? [] : sourceNames(options.corpus),
  shares: meanShares(weightsOf(options)),
});
