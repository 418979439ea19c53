import { PluginSettings, QueueSettings } from "@trainer/platform";
import {
  BinsCleanupConfig,
  CleanupConfig,
  CorpusCacheCleanupConfig,
  TokenizerCleanupConfig,
} from "@trainer/training/files";
import { TracingConfig } from "@trainer/platform/tracing";
import { TrackerSettings } from "@trainer/trackers";
import { z } from "zod";

const NO_PORT = "must be a port: a whole number from 0 to 65535";

/** Settings of the worker alone: WORKER__TRAININGS and so on. */
export const WorkerSettings = z.strictObject({
  /** Trainings and tokenizers that are made at a time, and questions that are answered beside them. */
  trainings: z.int().min(1).default(1),
  answers: z.int().min(1).default(8),
  /** Seconds that an answer may take. */
  answerTimeoutSec: z.number().min(1).default(3600),
  /** Port of metrics, at `/metrics`; 0: none. */
  metricsPort: z.int(NO_PORT).min(0, NO_PORT).max(65_535, NO_PORT).default(0),
  /** Models that are kept open for the next question: how many at most, with how many bytes of weights, for how long. */
  models: z
    .strictObject({
      count: z.int().min(1).default(4),
      bytes: z
        .int()
        .min(0)
        .default(4 * 2 ** 30),
      idleSec: z.number().min(0).default(600),
    })
    .prefault({}),
});

/** Settings of a worker. */
export const WorkerConfig = z.strictObject({
  redisUrl: z.string(),
  logLevel: z.enum(["debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  /** Holds models/, tokenizers/ and cache/. */
  artifactsRoot: z.string().min(1),
  /** Holds corpus/ and corpus_cache/; texts of requests are read from below it alone. */
  dataRoot: z.string().min(1),
  /** Threads of a training process, and of the one for requests; 0: one per core. */
  threads: z.int().min(0).default(0),
  /** The file service; null where there is none, and then no run can be completed. */
  dataBank: z
    .strictObject({ url: z.string(), apiKey: z.string().default("") })
    .nullable()
    .default(null),
  ...PluginSettings.shape,
  ...QueueSettings.shape,
  ...WorkerSettings.shape,
  cleanup: CleanupConfig.prefault({}),
  corpusCacheCleanup: CorpusCacheCleanupConfig.prefault({}),
  tokenizerCleanup: TokenizerCleanupConfig.prefault({}),
  binsCleanup: BinsCleanupConfig.prefault({}),
  tokenizerSampleMaxLines: z.int().min(1).default(10_000),
  /** Where the figures of trainings are sent as they come. */
  trackers: z.array(TrackerSettings).default([]),
  /** Address that metrics are served at, and further names that it is reached by. */
  host: z.string().default("127.0.0.1"),
  publicHosts: z.array(z.string()).default([]),
  /** Null: nothing is traced. */
  tracing: TracingConfig.nullable().default(null),
});
export type WorkerConfig = z.output<typeof WorkerConfig>;
/** Settings before defaults are filled in. */
export type WorkerInput = z.input<typeof WorkerConfig>;

/** Settings of a child process: all but Redis, which no child uses. */
export const ChildConfig = z.object(
  WorkerConfig.pick({
    plugins: true,
    logLevel: true,
    artifactsRoot: true,
    dataRoot: true,
    threads: true,
    dataBank: true,
    trackers: true,
    models: true,
    cleanup: true,
    tokenizerSampleMaxLines: true,
  }).shape,
);
export type ChildConfig = z.output<typeof ChildConfig>;
