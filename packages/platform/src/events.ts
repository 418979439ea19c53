import { z } from "zod";
import { parseJson, toWireJson } from "./json.js";
import { anyNumber as float } from "./schemas/fields.js";
import { UserId } from "./schemas/user-id.js";

/** An optional field: null and values of another type count as absent. */
const optional = <S extends z.ZodType>(schema: S) => schema.optional().catch(undefined);

/** The life of a job, with its domain. */
const job = <S extends string, F extends z.ZodRawShape>(suffix: S, fields: F) =>
  z.object({
    type: z.literal(`trainer.job.${suffix}.v1`),
    domain: z.literal("trainer"),
    job_id: z.string(),
    user_id: UserId,
    ...fields,
  });

/** An event of a run, without a domain. */
const of = <T extends string, F extends z.ZodRawShape>(type: T, fields: F) =>
  z.object({ type: z.literal(`trainer.${type}.v1`), job_id: z.string(), user_id: UserId, ...fields });

/** Everything that is published of runs. `job_id` is the run's id. */
export const TrainerEvent = z.discriminatedUnion("type", [
  job("started", { queue: z.string() }),
  job("progress", { progress: z.int(), message: optional(z.string()), payload: z.unknown().optional() }),
  job("completed", {
    /** The archive's id in the file service, and its size. */
    result_id: z.string(),
    result_bytes: z.int(),
  }),
  job("failed", { error_kind: z.enum(["user", "system"]), message: z.string() }),
  of("metrics.config", {
    model_family: z.string(),
    model_size: z.string(),
    total_epochs: z.int(),
    queue: z.string(),
    cpu_cores: optional(z.int()),
    memory_mb: optional(z.int()),
    optimal_threads: optional(z.int()),
    optimal_workers: optional(z.int()),
    batch_size: optional(z.int()),
    /** The requested rate, before any cap. */
    learning_rate: optional(float),
    total_steps: optional(z.int()),
  }),
  of("metrics.progress", {
    /** Epoch, from 0. */
    epoch: z.int(),
    total_epochs: z.int(),
    /** Over all epochs, from 1. */
    step: z.int(),
    train_loss: float,
    train_ppl: float,
    /** Before clipping. */
    grad_norm: float,
    samples_per_sec: float,
    val_loss: optional(float),
    val_ppl: optional(float),
    total_steps: optional(z.int()),
    tokens_per_sec: optional(float),
    eta_seconds: optional(float),
    /** Unix seconds of the moment that it tells of. */
    at: optional(float),
  }),
  of("metrics.completed", { test_loss: float, test_ppl: float, artifact_path: z.string() }),
  of("run.queued", { model_family: z.string(), model_size: z.string() }),
  of("run.checkpoint", { step: z.int(), best: z.boolean() }),
  of("run.evaluated", { split: z.string(), step: z.int(), loss: float, ppl: float }),
]);
export type TrainerEvent = z.output<typeof TrainerEvent>;

/** A message on `trainer:events` or a run's own channel. */
export const encodeEvent = (event: TrainerEvent): string => toWireJson(event);

/** Null for what is none of these: others may publish there too. */
export function decodeEvent(message: string): TrainerEvent | null {
  try {
    return TrainerEvent.parse(parseJson(message));
  } catch {
    return null;
  }
}
