import { z } from "zod";

/** A training that is planned in whole, or whose settings are given but for its length. */
export const PlanSettings = z.object({
  home: z.string(),
  corpus: z.string(),
  /** Seconds that it may take. */
  seconds: z.number(),
  threads: z.int(),
  seed: z.int(),
  settings: z.record(z.string(), z.unknown()),
});
export type PlanSettings = z.infer<typeof PlanSettings>;

export const PlanFound = z.object({
  /** Figures of the best validation; null where the training failed. */
  bitsPerByte: z.number().nullable(),
  expected: z.number(),
  /** By the clock, after the plan was made; and what it had of the processor, by its threads. */
  seconds: z.number(),
  processorSeconds: z.number(),
  parameters: z.int(),
  steps: z.int(),
  decided: z.record(z.string(), z.unknown()),
});
export type PlanFound = z.infer<typeof PlanFound>;
