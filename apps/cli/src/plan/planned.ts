import { planDefaults } from "@trainer/options";
import type { TrainOptions } from "@trainer/training/options";
import { formatDuration } from "../display/duration.js";
import { makePlan, type Wanted } from "./make-plan.js";
import { planLine } from "./plan-report.js";

/** Least part of the time that is left to train, however long it took to plan. */
const LEAST = 0.5;

interface Hooks {
  readonly make?: typeof makePlan;
  /** Milliseconds. */
  readonly now?: () => number;
}

/**
 * The options of a training of open size and length as a plan has them: of the time that was given, or of ten minutes. What is
 * planned is said in a line, and where nothing was asked for how to have it otherwise.
 */
export async function planned(
  input: TrainOptions,
  wanted: Omit<Wanted, "seconds">,
  { make = makePlan, now = () => performance.now() }: Hooks = {},
): Promise<TrainOptions> {
  const { out } = wanted;
  const seconds = input.maxSeconds ?? planDefaults.seconds;
  if (input.maxSeconds === null)
    out.note(
      `Neither a size nor a length was given: planned for ${formatDuration(seconds)} (--for 1h for longer, --num-epochs 1 for once through the text).`,
    );
  const began = now();
  const plan = await make(input, { ...wanted, seconds });
  const { planFields } = await import("@trainer/training");
  out.note(`plan       ${planLine(planFields(plan), plan.options)}`);
  const took = (now() - began) / 1000;
  const { maxSeconds } = plan.options;
  return maxSeconds === null
    ? plan.options
    : { ...plan.options, maxSeconds: Math.max(LEAST * maxSeconds, maxSeconds - took) };
}
