import { z } from "zod";
import { bool, float, int, oneOf, withDefault } from "./fields.js";

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

/** A worker that is there, or was a moment ago. */
const SystemWorker = z.object({
  name: z.string(),
  alive: z.boolean().describe("False of one that gives no sign of life any more: it was killed, or cut off."),
  presence: WorkerPresence.nullable().describe("What it says of itself; null of one that says nothing."),
});

/** A job that a worker is at. */
const SystemJob = z.object({
  queue: z.string(),
  kind: z.string().describe("train, tokenizer, eval, score, generate, chat or encode."),
  subject: z.string().nullable().describe("The run or the tokenizer that it is about."),
  since: z.string().nullable(),
  worker: z.string().nullable().describe("The name of the worker that took it."),
});

const SystemQueue = z.object({
  name: z.string(),
  waiting: z.int(),
  active: z.int(),
  delayed: z.int().describe("Jobs that are tried again later."),
  completed: z.int().describe("Jobs that are done, and of which the results are still kept."),
  failed: z.int(),
});

/** Things that a home keeps. */
export const storedKinds = ["runs", "tokenizers", "bins", "corpus_cache", "texts"] as const;

/** GET /system */
export const SystemInfo = z.object({
  machine: z
    .object({
      host: z.string(),
      system: z.string(),
      processor: z.string().nullable(),
      threads: z.int().describe("Threads of the processor that may be used."),
      instructions: z.array(z.string()).describe("Its vector instructions, where the system lists them."),
      load: z.number().describe("Processes that computed, on average over the last minute; 0 where it is not known."),
      memory_bytes: bytes.describe("All that may ever be used: the machine's, or its control group's."),
      memory_available_bytes: bytes,
    })
    .describe("The machine that the API runs on."),
  disks: z.array(
    z.object({
      path: z.string(),
      holds: z.array(z.enum(["runs", "texts"])),
      total_bytes: bytes,
      free_bytes: bytes,
    }),
  ),
  stored: z
    .array(z.object({ kind: z.enum(storedKinds), bytes, files: z.int() }))
    .nullable()
    .describe("What takes the room, measured within the last minute or so; null until it has been."),
  queues: z.array(SystemQueue).nullable().describe("Null, as the two below, while Redis is away."),
  workers: z.array(SystemWorker).nullable(),
  jobs: z.array(SystemJob).nullable(),
  versions: z.array(z.object({ name: z.string(), version: z.string() })),
  settings: z.array(ShownSetting).describe("Those of the whole system; secrets are hidden."),
});
export type SystemInfo = z.output<typeof SystemInfo>;

/** Kinds of what a cleanup removes. */
export const cleanupKinds = ["bins", "corpus_cache", "tokenizers"] as const;

/** POST /system/cleanup */
export const CleanupRequest = z
  .strictObject({
    dry_run: withDefault(bool, true).describe("Remove nothing, say what would go."),
    kinds: withDefault(z.array(oneOf(cleanupKinds), "must be a list"), [...cleanupKinds]).describe("What to clean up."),
    bins_max_bytes: withDefault(int({ min: 0 }), 50 * 2 ** 30).describe("What token bins may take up together."),
    bins_max_unused_days: withDefault(float({ min: 0 }), 30).describe("How long a set stays that nobody uses."),
    corpus_cache_max_bytes: withDefault(int({ min: 0 }), 10 * 2 ** 30).describe(
      "What corpora that were fetched from the file service may take up together.",
    ),
    corpus_cache_min_free_bytes: withDefault(int({ min: 0 }), 2 * 2 ** 30).describe(
      "What of the disk is to stay free: fetched corpora go until it is.",
    ),
    tokenizers_min_unused_days: withDefault(float({ min: 0 }), 30).describe(
      "Of the tokenizers that no run names, those that nobody has written for so long.",
    ),
  })
  .meta({ example: { dry_run: true, kinds: ["bins"] } });
export type CleanupRequest = z.output<typeof CleanupRequest>;

/** Reasons for which something stays. */
export const keepReasons = [
  "cleanup_disabled",
  "directory_not_found",
  "upload_not_verified",
  "run_not_terminal",
  "in_use",
  "manifest_unreadable",
  "recently_used",
  "within_limits",
  "dry_run",
] as const;

/** The answer of POST /system/cleanup. */
export const CleanupReport = z.object({
  dry_run: z.boolean(),
  bytes_freed: bytes.describe("That were freed, or with `dry_run` would be."),
  decisions: z.array(
    z.object({
      kind: z.enum(cleanupKinds),
      id: z.string(),
      bytes,
      files: z.int(),
      removed: z.boolean(),
      reason: z
        .enum(keepReasons)
        .nullable()
        .describe('Why it stays; "dry_run": it would be removed. Null of what was removed.'),
    }),
  ),
  failures: z
    .array(z.object({ kind: z.enum(cleanupKinds), message: z.string() }))
    .describe("Kinds that could not be cleaned up to the end, and why."),
});
export type CleanupReport = z.output<typeof CleanupReport>;
