import { z } from "zod";

const bytes = z.int().min(0);
/** What another process has written of itself: bounded, for it need not be one of ours. */
const word = z.string().max(256);

const plain = z.union([z.string(), z.number(), z.boolean()]);

/** A setting as it may be shown: no secret, nor an address with one in it. */
export const ShownSetting = z.object({
  name: z.string().describe("Its variable in the environment."),
  toml: z.string().describe("Its path in the configuration's file."),
  value: z
    .union([plain, z.array(plain)])
    .nullable()
    .describe('"(hidden)" in place of a secret; null: known to `trainer serve` alone, which makes it.'),
  source: z.string().describe('"default", or what has set it: the environment, or a file with the line.'),
});
export type ShownSetting = z.output<typeof ShownSetting>;

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
