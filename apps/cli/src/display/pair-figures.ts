import { formatNumber } from "./quantity.js";

/** Figures of pairs of answers, by the names of TRL. */
export interface PairFigures {
  /** Part of the pairs whose chosen answer is the better one to the model. */
  readonly accuracy: number;
  /** How much better, on average. */
  readonly margin: number;
}

/** Null of what is none of pairs. */
export function pairFiguresOf(figures: Readonly<Record<string, number | null>> | null | undefined): PairFigures | null {
  const { "rewards/accuracies": accuracy = null, "rewards/margins": margin = null } = figures ?? {};
  return accuracy === null || margin === null ? null : { accuracy, margin };
}

/** What is told of pairs in place of a perplexity; null of other texts. */
export function pairText(figures: Readonly<Record<string, number | null>> | null | undefined): string[] | null {
  const pairs = pairFiguresOf(figures);
  return pairs && [`accuracy ${(100 * pairs.accuracy).toFixed(0)} %`, `margin ${formatNumber(pairs.margin)}`];
}

/** A loss with what else is told: of pairs that, else `others`. */
export const lossText = (
  loss: number | null,
  figures: Parameters<typeof pairText>[0],
  others: readonly string[],
): string => [`loss ${formatNumber(loss)}`, ...(pairText(figures) ?? others)].join("  ");

/** A report of them, with their loss; null of other texts. */
export function pairLines(measured: {
  readonly loss: number | null;
  readonly figures?: Readonly<Record<string, number | null>> | undefined;
}): string[] | null {
  const pairs = pairFiguresOf(measured.figures);
  return (
    pairs && [
      `loss           ${formatNumber(measured.loss)} per pair`,
      `accuracy       ${(100 * pairs.accuracy).toFixed(1)} %: pairs whose chosen answer it prefers`,
      `margin         ${formatNumber(pairs.margin)} on average`,
    ]
  );
}
