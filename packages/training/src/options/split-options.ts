import type { SplitOptions } from "../corpus/split-plan.js";
import type { TrainOptions } from "./options.js";

/** Options of a run by which its corpus is split. */
export const splitOptions = ({
  holdoutFraction,
  testSplitRatio,
  seed,
  dedup,
}: Pick<TrainOptions, "holdoutFraction" | "testSplitRatio" | "seed" | "dedup">): SplitOptions => ({
  holdoutFraction,
  testSplitRatio,
  seed,
  dedup,
});
