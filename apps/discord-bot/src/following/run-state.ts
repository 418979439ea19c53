import { z } from "zod";

/** May be infinite, as the perplexity of a large loss is. */
const float = z.custom<number>((value) => typeof value === "number");
const known = float.nullable().default(null);
const count = z.int().nullable().default(null);

const Config = z.object({
  family: z.string(),
  size: z.string(),
  queue: z.string().default("training"),
  totalEpochs: count,
  batchSize: count,
  learningRate: known,
  cpuCores: count,
  memoryMb: count,
  threads: count,
  workers: count,
});

const Progress = z.object({
  /** Epoch, from 0. */
  epoch: z.int(),
  totalEpochs: z.int(),
  step: z.int(),
  totalSteps: count,
  trainLoss: known,
  trainPpl: known,
  gradNorm: known,
  samplesPerSec: known,
  tokensPerSec: known,
  valLoss: known,
  valPpl: known,
  etaSeconds: known,
});

/** The bot's state of a run. */
export const RunState = z.object({
  runId: z.string(),
  /** The user who started it; 0n: nobody. */
  userId: z.union([z.bigint(), z.int()]).transform(BigInt),
  phase: z.enum(["queued", "starting", "training", "ended"]),
  end: z.enum(["completed", "failed", "canceled"]).nullable().default(null),
  config: Config.nullable().default(null),
  progress: Progress.nullable().default(null),
  results: z.object({ testLoss: known, testPpl: known }).nullable().default(null),
  archive: z.object({ fileId: z.string(), bytes: count }).nullable().default(null),
  failure: z
    .object({ kind: z.enum(["user", "system"]), message: z.string() })
    .nullable()
    .default(null),
  checkpointStep: count,
  evaluation: z.object({ split: z.string(), step: z.int(), loss: float, ppl: float }).nullable().default(null),
  /** A sample of the trained model. */
  sample: z.string().nullable().default(null),
  /** Latest summary, with its time in Unix milliseconds. */
  summary: z.object({ at: z.number(), text: z.string() }).nullable().default(null),
});
export type RunState = z.output<typeof RunState>;
export type RunConfig = z.output<typeof Config>;

export const newRun = (runId: string, userId: bigint): RunState => RunState.parse({ runId, userId, phase: "queued" });

export const CANCELLED = "Training cancelled";

/** A run's configuration from what is known of it. */
export const runConfig = (given: z.input<typeof Config>): RunConfig => Config.parse(given);
