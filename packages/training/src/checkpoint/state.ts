import { z } from "zod";
import { EarlyStoppingState } from "../run/early-stopping.js";

const count = z.int().min(0);

/** A checkpoint's `state.json`: all that a run is made of besides weights and the optimizer's tensors. */
export const TrainState = z.strictObject({
  version: z.literal(1),
  /** Optimizer steps done. */
  step: count,
  tokensSeen: count,
  /** Of the last batch. */
  trainLoss: z.number().nullable(),
  /** Time spent, over all sessions. */
  elapsedMs: z.number().min(0),
  /** Whether the step's validation is still to come. */
  evalDue: z.boolean(),
  finished: z.boolean(),
  earlyStopping: EarlyStoppingState,
  /** Where the loader stands, in its own terms. */
  loader: z.unknown(),
  /** The generators' states by device, base64: dropout goes on where it was. */
  rng: z.record(z.string(), z.base64()),
  /** The fp16 loss scale, in the scaler's own terms. */
  scaler: z.unknown(),
  /** How long metrics.jsonl was. */
  metricsBytes: count,
});
export type TrainState = z.infer<typeof TrainState>;
