import { precisions } from "@trainer/models/capabilities";
import { z } from "zod";
import { Failure } from "../errors.js";

const count = z.int().min(1);

/** What is to be measured of a run, as it is sent to the process that does it. */
export const MeasureRequest = z.strictObject({
  /** The run's options, by their names in manifests. */
  config: z.record(z.string(), z.unknown()),
  /** The addresses of the plugins that are to be loaded. */
  plugins: z.array(z.string()),
  vocabSize: count,
  maxSeqLen: count,
  /** The folder of a model whose dimensions these are; null for a new one's by the options. */
  dimensionsFrom: z.string().nullable(),
  device: z.enum(["cpu", "cuda"]),
  precision: z.enum(precisions),
  threads: count,
  batchSize: count,
  /** Batches of a step. */
  batches: count,
  /** Memory that the process may use, on a GPU that of its tensors. */
  memoryBytes: count,
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
  z.strictObject({ type: z.literal("failed"), failure: Failure }),
]);
export type MeasureEvent = z.infer<typeof MeasureEvent>;
