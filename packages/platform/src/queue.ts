import { z } from "zod";
import { text } from "./schemas/fields.js";
import { RunId, TokenizerId } from "./schemas/ids.js";
import { TokenizerTrainRequest } from "./schemas/tokenizer.js";
import { TrainSettings } from "./schemas/train.js";
import { ChatRequest, EvaluateRequest, GenerateRequest, ScoreRequest } from "./schemas/use.js";
import { UserIdText } from "./schemas/user-id.js";

/**
 * The queues: what takes hours stands in one, what a person waits for in the other, so that neither blocks the other.
 * A job's name is its kind.
 */
export const queues = {
  trainer: ["train", "tokenizer"],
  "trainer-inference": ["eval", "score", "generate", "chat"],
} as const;
export type QueueName = keyof typeof queues;
export type JobKind = (typeof queues)[QueueName][number];

const run = { run_id: RunId };
const asked = { ...run, request_id: text };

/** What a job of each kind carries. */
export const jobs = {
  train: z.object({ ...run, user_id: UserIdText, request: TrainSettings }),
  tokenizer: z.object({ tokenizer_id: TokenizerId, request: TokenizerTrainRequest }),
  eval: z.object({ ...run, request: EvaluateRequest }),
  score: z.object({ ...asked, request: ScoreRequest }),
  generate: z.object({ ...asked, request: GenerateRequest }),
  chat: z.object({ ...asked, session_id: text, request: ChatRequest }),
} as const satisfies Record<JobKind, z.ZodType>;
export type Jobs = { readonly [K in JobKind]: z.output<(typeof jobs)[K]> };

/** A job as the queue takes it: 64-bit ids as text, for the queue writes plain JSON. */
export const jobData = (job: Jobs[JobKind]): object =>
  "user_id" in job ? { ...job, user_id: String(job.user_id) } : job;

/** How long a job may take, and how long what became of it is kept, in seconds. */
export const JOB_TIMEOUT_SECONDS = 86_400;
export const RESULT_TTL_SECONDS = 86_400;
export const FAILURE_TTL_SECONDS = 604_800;
