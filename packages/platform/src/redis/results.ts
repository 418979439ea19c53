import type { Redis } from "ioredis";
import { z } from "zod";
import { toWireJson } from "../json.js";
import { keys } from "../redis-keys.js";
import { figure } from "../schemas/fields.js";
import { JobState } from "../schemas/run.js";
import { ChatResult, GenerateResult, ScoreResult } from "../schemas/use.js";
import { parsed } from "./parsed.js";

/** The latest evaluation of a run. */
export const EvalRecord = z.object({
  status: JobState,
  split: z.string(),
  loss: figure.default(null),
  ppl: figure.default(null),
  /** The file that holds more of it. */
  artifact: z.string().nullable().default(null),
  message: z.string().nullish(),
});
export type EvalRecord = z.output<typeof EvalRecord>;

/** Of a value under `key`: what was asked for is queued, runs, and then holds its result. */
export interface Slot<T> {
  readonly key: string;
  /** Null where there is nothing, or nothing readable. */
  get(): Promise<T | null>;
  /** Whether there is anything, readable or not. */
  exists(): Promise<boolean>;
  set(value: T): Promise<void>;
}

/** What becomes of evaluations, scorings, generations and chats. */
export class Results {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  evaluation = (runId: string) => this.#slot(EvalRecord, keys.evaluation(runId));
  score = (runId: string, requestId: string) => this.#slot(ScoreResult, keys.score(runId, requestId));
  generation = (runId: string, requestId: string) => this.#slot(GenerateResult, keys.generation(runId, requestId));
  chat = (runId: string, sessionId: string, requestId: string) =>
    this.#slot(ChatResult, keys.chat(runId, sessionId, requestId));

  #slot<S extends z.ZodType>(schema: S, key: string): Slot<z.output<S>> {
    const redis = this.#redis;
    return {
      key,
      get: async () => parsed(schema, await redis.get(key)),
      exists: async () => (await redis.exists(key)) === 1,
      set: async (value) => void (await redis.set(key, toWireJson(value))),
    };
  }
}
