import { z } from "zod";

/** Settings of both sides of the training benchmark. */
export const TrainSettings = z.object({
  threads: z.int(),
  seed: z.int(),
  /** Holds the model's `config.json`. */
  folder: z.string(),
  seqLen: z.int(),
  batchSize: z.int(),
  lr: z.number(),
  /** Steps before those that count. */
  warmUp: z.int(),
  steps: z.int(),
  /** A file of uint16 token ids. */
  data: z.string(),
  fused: z.boolean(),
  precision: z.enum(["fp32", "bf16"]),
  compile: z.boolean(),
});
export type TrainSettings = z.infer<typeof TrainSettings>;

/** Report of each side. */
export const TrainResult = z.object({
  milliseconds: z.array(z.number()),
  losses: z.array(z.number()),
  /** The part of a step that is spent in matrix products, where that is known. */
  productShare: z.number().optional(),
  peakBytes: z.number(),
  libraryBytes: z.number(),
});
export type TrainResult = z.infer<typeof TrainResult>;
