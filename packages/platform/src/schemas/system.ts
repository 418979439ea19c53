import { z } from "zod";

const bytes = z.int().min(0);
/** What another process has written of itself: bounded, for it need not be one of ours. */
const word = z.string().max(256);

/** What a worker computes with, as its library tells. */
export const Engine = z.object({
  libtorch: word.describe("Its version."),
  threads: z.int(),
  kernels: word.describe("The vector instructions that it computes by: AVX512, for instance."),
  gpus: z.array(z.object({ name: word, memory_bytes: bytes.nullable(), capability: word.nullable() })).max(1024),
  no_gpu: z.string().max(2000).nullable().describe("Why there is no GPU."),
});
export type Engine = z.output<typeof Engine>;

/** What a worker says of itself at each sign of life. */
export const WorkerPresence = z.object({
  host: word,
  pid: z.int(),
  started_at: word,
  seen_at: word,
  trainings: z.int().describe("Trainings and tokenizers that it makes at a time."),
  answers: z.int().describe("Questions that it answers beside them."),
  engine: Engine.nullable().describe("Null until the first of its processes has told it."),
});
export type WorkerPresence = z.output<typeof WorkerPresence>;
