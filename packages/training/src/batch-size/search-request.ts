import { z } from "zod";
import { count, Failed, TrialRequest } from "./trial-request.js";

/** Request of a search, as it is sent to its process. */
export const SearchRequest = TrialRequest.extend({
  /** Numbers of threads to try, from 1 up in powers of two. */
  threads: z.array(count).min(1),
  maxBatchSize: count,
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
  Failed,
]);
export type SearchEvent = z.infer<typeof SearchEvent>;
