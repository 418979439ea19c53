import type { RunProgress } from "./schemas/run.js";

/** Completed steps of a run in percent; what follows them, a test and the sending, is the hundredth. */
export const percentOf = (training: Pick<RunProgress, "step" | "total_steps"> | null): number =>
  training === null ? 0 : Math.min(99, Math.floor((training.step * 100) / Math.max(1, training.total_steps)));
