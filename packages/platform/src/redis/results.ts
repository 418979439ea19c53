import type { ChainableCommander, Redis } from "ioredis";
import { z } from "zod";
import { toWireJson } from "../json.js";
import { keys } from "../redis-keys.js";
import { EstimateResult } from "../schemas/estimate.js";
import { figure } from "../schemas/fields.js";
import { OpenAiResult } from "../schemas/openai.js";
import { PlanResult } from "../schemas/plan.js";
import { JobState } from "../schemas/run.js";
import { EncodeResult } from "../schemas/tokenizer.js";
import { ChatResult, GenerateResult, ScoreResult } from "../schemas/use.js";
import { LargeAnswers } from "./large-answers.js";
import { parsed } from "./parsed.js";

/** The latest evaluation of a run. */
export const EvalRecord = z.object({
  status: JobState,
  split: z.string(),
  loss: figure.default(null),
  ppl: figure.default(null),
  figures: z.record(z.string(), z.number()).optional(),
  /** The file that holds more of it. */
  artifact: z.string().nullable().default(null),
  message: z.string().nullish(),
});
export type EvalRecord = z.output<typeof EvalRecord>;

type Unfinished = Exclude<JobState, "completed">;

/** The state of a request under `key`: queued, running, then its result. */
export interface Slot<T> {
  readonly key: string;
  /** Null where there is nothing, or nothing readable; failed where a large answer lies in another home. */
  get(): Promise<T | null>;
  /** True if the key exists, readable or not. */
  exists(): Promise<boolean>;
  /** Marks it: its stream was closed before its end. */
  abandon(): Promise<void>;
  /** Removes that mark: a client polls for it. */
  reclaim(): Promise<void>;
  isAbandoned(): Promise<boolean>;
  /** Now, or with a transaction's other commands. */
  set(value: T, transaction?: ChainableCommander): Promise<void>;
  /** Stand-in that is kept as long as there is no result. */
  unfinished(status: Unfinished, message?: string | null): T;
}

/** Seconds that an answer is kept. */
const ANSWER_TTL_SECONDS = 604_800;

/** Seconds that an answer is kept which its client waits for. */
const AWAITED_TTL_SECONDS = 3600;

/** Longer than any answer takes. */
const ABANDONED_TTL_SECONDS = 86_400;

const NOT_HERE =
  "the answer is too large for Redis, and its file is not in this home: was it written by a worker with a home of its own? Ask for less at a time, or let both have one home";

/** Results of evaluations, scorings, generations, chats, encodings, estimates and plans, and answers to OpenAI's clients. */
export class Results {
  readonly #redis: Redis;
  readonly #large: LargeAnswers;

  /** @param home holds answers that are too large for Redis */
  constructor(redis: Redis, home: string) {
    this.#redis = redis;
    this.#large = new LargeAnswers(home);
  }

  /** Removes the files of answers whose keys have expired. */
  removeExpired = () => this.#large.removeExpired();

  /** @param split what an evaluation without a result yet is of */
  evaluation = (runId: string, split = "") => this.#slot(EvalRecord, keys.evaluation(runId), null, { split });
  score = (runId: string, requestId: string) => this.#slot(ScoreResult, keys.score(runId, requestId));
  generation = (runId: string, requestId: string) => this.#slot(GenerateResult, keys.generation(runId, requestId));
  chat = (runId: string, sessionId: string, requestId: string) =>
    this.#slot(ChatResult, keys.chat(runId, sessionId, requestId));

  /** Kept for whoever asked it alone, who waits. */
  openAi = (modelId: string, requestId: string) =>
    this.#slot(OpenAiResult, keys.openAi(modelId, requestId), AWAITED_TTL_SECONDS);

  encoding = (tokenizerId: string, requestId: string) =>
    this.#slot(EncodeResult, keys.encoding(tokenizerId, requestId));

  estimate = (requestId: string) => this.#slot(EstimateResult, keys.estimate(requestId));
  plan = (requestId: string) => this.#slot(PlanResult, keys.plan(requestId));

  #slot<S extends z.ZodType>(
    schema: S,
    key: string,
    ttlSec: number | null = ANSWER_TTL_SECONDS,
    about: object = {},
  ): Slot<z.output<S>> {
    const [redis, large] = [this.#redis, this.#large];
    const unfinished = (status: Unfinished, message?: string | null) => schema.parse({ ...about, status, message });
    return {
      key,
      async get() {
        const text = await redis.get(key);
        const whole = text && (await large.restore(text));
        return text !== null && whole === null ? unfinished("failed", NOT_HERE) : parsed(schema, whole);
      },
      exists: async () => (await redis.exists(key)) === 1,
      abandon: async () => void (await redis.set(keys.abandoned(key), "1", "EX", ABANDONED_TTL_SECONDS)),
      reclaim: async () => void (await redis.del(keys.abandoned(key))),
      isAbandoned: async () => (await redis.exists(keys.abandoned(key))) === 1,
      unfinished,
      async set(value, transaction) {
        const text = await large.store(key, toWireJson(value), ttlSec ?? ANSWER_TTL_SECONDS);
        const on = transaction ?? redis;
        await (ttlSec === null ? on.set(key, text) : on.set(key, text, "EX", ttlSec));
      },
    };
  }
}
