import { z } from "zod";

/**
 * Messages of the worker on `keys.stream(resultKey)` while a request is answered, and the data of the API's server-sent
 * events. The last is `done` or `failed`.
 */
export const StreamPiece = z.discriminatedUnion("type", [
  /** New text of a sequence, counted from 0. */
  z.object({ type: z.literal("text"), sequence: z.int(), text: z.string() }),
  /** Scored fraction of a long text, from 0 to 1. */
  z.object({ type: z.literal("progress"), progress: z.number() }),
  z.object({ type: z.literal("done") }),
  z.object({ type: z.literal("failed"), message: z.string() }),
]);
export type StreamPiece = z.output<typeof StreamPiece>;
