import { z } from "zod";

/** Share of a source in what is trained on, in any unit: it goes on a line from the first step to the last. */
export interface SourceWeight {
  readonly from: number;
  readonly to: number;
}

const NUMBER = String.raw`(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?`;
const WEIGHT = new RegExp(`^(${NUMBER})(?:-(${NUMBER}))?$`, "i");

/** The weight in "0.3" or "0.1-0.9"; null for any other text, and where it is never above 0. */
export function sourceWeight(text: string): SourceWeight | null {
  const [, first, last = first] = WEIGHT.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  return Number.isFinite(from) && Number.isFinite(to) && Math.max(from, to) > 0 ? { from, to } : null;
}

/** A weight as it is typed and kept. */
export const SourceWeightText = z
  .string()
  .trim()
  .refine((text) => sourceWeight(text) !== null, "must be a number above 0, or two with a dash between: 0.3, 0.1-0.9");

/**
 * What is wrong with weights of sources, or null.
 * @param called a name as the reader has it
 */
export function mixProblem(
  corpus: readonly string[],
  weights: readonly string[],
  called: { readonly weights: string } = { weights: "corpusWeights" },
): string | null {
  const { weights: name } = called;
  if (corpus.length < 2) return `${name}: one text by itself is no mix; name another, or leave the weight out`;
  if (weights.length !== corpus.length)
    return `${name}: ${weights.length} weight(s) for ${corpus.length} texts; give each one, or none`;
  const twice = corpus.find((path, i) => corpus.indexOf(path) < i);
  if (twice !== undefined) return `${name}: ${twice} is named twice; name each text once`;
  const sums = weights.map((text) => sourceWeight(text) ?? { from: 0, to: 0 });
  for (const [end, when] of [
    ["from", "first"],
    ["to", "last"],
  ] as const)
    if (sums.every((weight) => weight[end] === 0))
      return `${name}: at the ${when} step every weight is 0, and nothing is trained on; let one be above 0`;
  return null;
}
