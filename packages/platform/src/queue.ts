import { z } from "zod";
import { text } from "./schemas/fields.js";
import { ModelId, RunId, TokenizerId } from "./schemas/ids.js";
import { NewEnd } from "./schemas/new-end.js";
import { OpenAiQuestion } from "./schemas/openai.js";
import { PlanRequest } from "./schemas/plan.js";
import { EncodeRequest, TokenizerTrainRequest } from "./schemas/tokenizer.js";
import { keptSettings, TrainSettings } from "./schemas/train.js";
import { ChatRequest, EvaluateRequest, GenerateRequest, ScoreRequest } from "./schemas/use.js";
import { UserIdText } from "./schemas/user-id.js";

/**
 * The queues: one for work of hours, the other for requests that a person waits for, so that neither blocks the other.
 * A job's name is its kind.
 */
export const queues = {
  trainer: ["train", "tokenizer"],
  "trainer-inference": ["eval", "score", "generate", "chat", "encode", "estimate", "plan", "openai"],
} as const;
export type QueueName = keyof typeof queues;
export type JobKind = (typeof queues)[QueueName][number];

const run = { run_id: RunId };
const requestIds = { run_id: ModelId, request_id: text };

/** Data of a job of each kind. */
export const jobs = {
  train: z.object({ ...run, user_id: UserIdText, request: TrainSettings, end: NewEnd.optional() }),
  tokenizer: z.object({ tokenizer_id: TokenizerId, request: TokenizerTrainRequest }),
  eval: z.object({ ...run, request: EvaluateRequest }),
  score: z.object({ ...requestIds, request: ScoreRequest }),
  generate: z.object({ ...requestIds, request: GenerateRequest }),
  chat: z.object({ ...requestIds, session_id: text, request: ChatRequest }),
  encode: z.object({ tokenizer_id: TokenizerId, request_id: text, request: EncodeRequest }),
  estimate: z.object({ request_id: text, request: TrainSettings }),
  openai: z.object({ ...requestIds, request: OpenAiQuestion }),
  plan: z.object({ request_id: text, request: PlanRequest }),
} as const satisfies Record<JobKind, z.ZodType>;
export type Jobs = { readonly [K in JobKind]: z.output<(typeof jobs)[K]> };

/** A job as the queue takes it: 64-bit ids as text, for the queue writes plain JSON, and settings as they are kept. */
export function jobData(job: Jobs[JobKind]): object {
  const { request } = job;
  const areSettings = "finetune_lr_cap" in request; // of a training or its estimate, whole
  const kept = areSettings ? { ...job, request: keptSettings(request) } : job;
  return "user_id" in job ? { ...kept, user_id: String(job.user_id) } : kept;
}

/** Seconds that a job may take, and that its result is kept, where nothing else is set. */
export const JOB_TIMEOUT_SECONDS = 86_400;
export const RESULT_TTL_SECONDS = 86_400;

const seconds = z.number().min(0);

/** Settings of both the services that queue jobs and those that do them: RQ__RETRY_MAX and so on. */
export const QueueSettings = z.strictObject({
  /** Seconds after which a tokenizer is given up, and a training that got no further. */
  jobTimeoutSec: seconds.default(JOB_TIMEOUT_SECONDS),
  /** Seconds that results of completed and of failed jobs are kept; 0: none are. */
  resultTtlSec: z.int().min(0).default(RESULT_TTL_SECONDS),
  failureTtlSec: z.int().min(0).default(604_800),
  /** Retries of a job that failed for a reason that may pass; 0: none. */
  retryMax: z.int().min(0).default(1),
  /** Seconds before each retry; the last holds for all further ones. */
  retryIntervalsSec: z.array(seconds).min(1, "must be one whole number at least, as in 60,300").default([300]),
});
