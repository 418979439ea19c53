import { z } from "zod";

/** A training that is estimated, or made. */
export const EstimateSettings = z.object({
  isMade: z.boolean(),
  home: z.string(),
  corpus: z.string(),
  modelFamily: z.string(),
  modelSize: z.string(),
  maxSeqLen: z.int(),
  batchSize: z.int(),
  maxSteps: z.int(),
  threads: z.int(),
});
export type EstimateSettings = z.infer<typeof EstimateSettings>;

export const EstimateFound = z.object({
  /** Those estimated; of a training that was made, what it had of the processor, by its threads. */
  seconds: z.number().nullable(),
  bytes: z.number().nullable(),
  parameters: z.int().nullable(),
  steps: z.int().nullable(),
  isBusy: z.boolean(),
  tookSeconds: z.number(),
});
export type EstimateFound = z.infer<typeof EstimateFound>;
