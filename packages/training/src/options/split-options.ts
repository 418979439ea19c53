import type { SplitOptions } from "../corpus/split-plan.js";
import type { RunOptions } from "./options.js";

/** Options of a run by which its corpus is split. */
export const splitOptions = ({
  holdoutFraction,
  testSplitRatio,
  seed,
  dedup,
  splitVersion,
}: Pick<RunOptions, "holdoutFraction" | "testSplitRatio" | "seed" | "dedup" | "splitVersion">): SplitOptions => ({
  holdoutFraction,
  testSplitRatio,
  seed,
  dedup,
  splitVersion,
});
