import { z } from "zod";

/**
 * What the worker publishes on `keys.stream(resultKey)` while an answer comes about, and the data of the server-sent
 * events by which the API passes it on. The last is `done` or `failed`.
 */
export const StreamPiece = z.discriminatedUnion("type", [
  /** New text of a sequence, counted from 0. */
  z.object({ type: z.literal("text"), sequence: z.int(), text: z.string() }),
  /** How much of a long text has been scored, from 0 to 1. */
  z.object({ type: z.literal("progress"), progress: z.number() }),
  z.object({ type: z.literal("done") }),
  z.object({ type: z.literal("failed"), message: z.string() }),
]);
export type StreamPiece = z.output<typeof StreamPiece>;
