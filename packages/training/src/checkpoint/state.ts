import { z } from "zod";
import { LoaderState } from "../bins/batch-loader.js";
import { freshWatch, WatchState } from "../step/loss-watch.js";
import { EarlyStoppingState } from "../step/early-stopping.js";

const count = z.int().min(0);

/** A checkpoint's `state.json`: all that a run is made of besides weights and the optimizer's tensors. */
export const TrainState = z.strictObject({
  version: z.literal(1),
  /** Optimizer steps done. */
  step: count,
  tokensSeen: count,
  /** Loss of the last batch. */
  trainLoss: z.number().nullable(),
  /** Time spent, over all sessions. */
  elapsedMs: z.number().min(0),
  /** True if the step's validation is still due. */
  evalDue: z.boolean(),
  /** True if the step's samples are still due. */
  sampleDue: z.boolean().default(false),
  finished: z.boolean(),
  /** Share of the planned learning rate that is taken, and how often the run went back and lowered it. */
  rateScale: z.number().default(1),
  rewinds: count.default(0),
  watch: WatchState.default(freshWatch),
  earlyStopping: EarlyStoppingState,
  loader: LoaderState,
  /** The default generators' states, base64: dropout goes on where it was. */
  rng: z.partialRecord(z.enum(["cpu", "cuda"]), z.base64()),
  /** The fp16 loss scale; null in other precisions. */
  scaler: z.strictObject({ scale: z.number(), growthTracker: count, calibrated: z.boolean().default(true) }).nullable(),
  /** Steps that changed nothing, since their gradients overflowed in fp16. */
  skippedSteps: count.default(0),
  /** Which library multiplies which shapes; null: nobody measured, and the rule of libraries is the general one. */
  products: z.array(z.string()).nullable().default(null),
  /** Size of metrics.jsonl. */
  metricsBytes: count,
  /** Size of samples.jsonl; 0 of a run without one. */
  samplesBytes: count.default(0),
});
export type TrainState = z.infer<typeof TrainState>;
