import { precisions } from "@trainer/models/capabilities";
import { z } from "zod";
import { Failure } from "../errors.js";

const count = z.int().min(1);

/** Request of a search, as it is sent to its process. */
export const SearchRequest = z.strictObject({
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
  /** Numbers of threads to try, from 1 up in powers of two. */
  threads: z.array(count).min(1),
  maxBatchSize: count,
  /** Memory that the process may use, on a GPU that of its tensors. */
  memoryBytes: count,
});
export type SearchRequest = z.infer<typeof SearchRequest>;

const speed = { tokensPerSec: z.number() };

/**
 * Messages of the process: the current trial, each tried batch size, each number of threads, and at last the result.
 */
export const SearchEvent = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("trying"), batchSize: count, threads: count }),
  z.strictObject({
    type: z.literal("batch"),
    batchSize: count,
    fits: z.boolean(),
    /** The process's memory at its height; on a GPU that of its tensors, null where memory did not suffice. */
    peakBytes: z.int().nullable(),
    tokensPerSec: z.number().nullable(),
  }),
  z.strictObject({ type: z.literal("threads"), threads: count, ...speed }),
  z.strictObject({ type: z.literal("found"), batchSize: z.int().min(0), threads: count }),
  z.strictObject({ type: z.literal("failed"), failure: Failure }),
]);
export type SearchEvent = z.infer<typeof SearchEvent>;
