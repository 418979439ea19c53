import type { TrainOptions } from "../options/options.js";

type Saving = Pick<TrainOptions, "checkpointEvery" | "onDivergence">;

/** Steps between checkpoints of a run that may go back, where none are asked for. */
const REWIND_EVERY = 100;

/** Steps after which a divergence is surely seen: a checkpoint before them is sound. */
export const SEEN_AFTER = 50;

/** Steps between checkpoints; 0: they are saved by time alone. */
export const everyOf = ({ checkpointEvery, onDivergence }: Saving): number =>
  onDivergence === "rewind" ? checkpointEvery || REWIND_EVERY : checkpointEvery;

/**
 * True if a run that is at a step may have to go back to a checkpoint, now or later. Only regular steps count, not those
 * that were saved by time: then a run that was killed goes back to where it would have gone without.
 */
export function isRewindTarget(step: number, now: number, options: Saving): boolean {
  if (options.onDivergence !== "rewind") return false;
  const every = everyOf(options);
  return step % every === 0 && step >= lastMultiple(Math.max(0, now - SEEN_AFTER), every);
}

const lastMultiple = (step: number, of: number): number => step - (step % of);
