import { precisions } from "@trainer/models/capabilities";
import { z } from "zod";
import { Failure } from "../errors.js";

export const count = z.int().min(1);

/** The run whose steps are tried, as it is sent to the process that tries them. */
export const TrialRequest = z.strictObject({
  /** The run's options, by their names in manifests. */
  config: z.record(z.string(), z.unknown()),
  /** The addresses of the plugins that are to be loaded. */
  plugins: z.array(z.string()),
  vocabSize: count,
  maxSeqLen: count,
  /** The folder of a model whose dimensions these are; null for a new one's by the options. */
  dimensionsFrom: z.string().nullable(),
  /** The folder of the model that it learns from; null without. */
  teacherFrom: z.string().nullable(),
  device: z.enum(["cpu", "cuda"]),
  precision: z.enum(precisions),
  /** Memory that the process may use, on a GPU that of its tensors. */
  memoryBytes: count,
});
export type TrialRequest = z.infer<typeof TrialRequest>;

/** Message of the process that it has failed. */
export const Failed = z.strictObject({ type: z.literal("failed"), failure: Failure });
export type Failed = z.infer<typeof Failed>;
