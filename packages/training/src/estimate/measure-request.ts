import { z } from "zod";
import { count, Failed, TrialRequest } from "../batch-size/trial-request.js";

/** What is to be measured of a run, as it is sent to the process that does it. */
export const MeasureRequest = TrialRequest.extend({
  threads: count,
  batchSize: count,
  /** Batches of a step. */
  batches: count,
  /** Do other programs want the processor too? */
  isBusy: z.boolean(),
});
export type MeasureRequest = z.infer<typeof MeasureRequest>;

const ms = z.number().min(0);

/** Milliseconds of the parts of a run. */
export const Pace = z.strictObject({
  /** A step of whole batches, and a batch without training. */
  step: ms,
  evaluation: ms,
  /** A token of a text that is generated. */
  token: ms,
});
export type Pace = z.infer<typeof Pace>;

/** Messages of the process, as it comes to know more. */
export const MeasureEvent = z.discriminatedUnion("type", [
  /** The process's memory at its height; on a GPU that of its tensors. */
  z.strictObject({ type: z.literal("memory"), bytes: count }),
  z.strictObject({ type: z.literal("pace"), pace: Pace }),
  Failed,
]);
export type MeasureEvent = z.infer<typeof MeasureEvent>;
