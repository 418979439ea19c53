import type { Redis } from "ioredis";
import { z } from "zod";
import { toWireJson } from "../json.js";
import { keys } from "../redis-keys.js";
import { tokenizerStates, TokenizerStats } from "../schemas/tokenizer.js";
import { parsed } from "./parsed.js";
import { scored } from "./scored.js";

const Percent = z.coerce.number().min(0).max(100);
/** Lifetime of a training's progress: of one that nobody goes on with nothing is left behind. */
const PROGRESS_SECONDS = 3600;

const State = z.enum(tokenizerStates);
export type TokenizerState = z.output<typeof State>;

export interface TokenizerRecord {
  readonly tokenizerId: string;
  readonly status: TokenizerState | "unknown";
  readonly stats: TokenizerStats | null;
  /** Reason of its failure. */
  readonly message: string | null;
  /** Percent of the training that are done, while it is known. */
  readonly progress?: number;
}

export interface ListedTokenizer extends TokenizerRecord {
  /** When it was asked for, in milliseconds since 1970. */
  readonly createdAt: number;
}

/** Tokenizers as Redis has them. */
export class TokenizerRecords {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Creates the record of a requested tokenizer, before it is queued. */
  async create(tokenizerId: string, now = Date.now()): Promise<void> {
    await this.#redis
      .multi()
      .set(keys.tokenizerStatus(tokenizerId), "queued")
      .del(keys.tokenizerMessage(tokenizerId))
      .zadd(keys.tokenizers, now, tokenizerId)
      .exec();
  }

  /** "unknown" for one that is not there. */
  async get(tokenizerId: string): Promise<TokenizerRecord> {
    const places = [keys.tokenizerStatus, keys.tokenizerStats, keys.tokenizerMessage, keys.tokenizerProgress];
    const values = await this.#redis.mget(places.map((place) => place(tokenizerId)));
    const [status = null, stats = null, message = null, done = null] = values;
    const state = State.safeParse(status);
    const progress = done !== null && state.data === "running" ? Percent.safeParse(done).data : undefined;
    return {
      tokenizerId,
      status: state.success ? state.data : "unknown",
      stats: parsed(TokenizerStats, stats),
      message,
      ...(progress === undefined ? {} : { progress }),
    };
  }

  /** Its progress begins anew. */
  async setStatus(tokenizerId: string, status: Exclude<TokenizerState, "failed">): Promise<void> {
    await this.#redis
      .multi()
      .del(keys.tokenizerProgress(tokenizerId))
      .set(keys.tokenizerStatus(tokenizerId), status)
      .exec();
  }

  /** @param percent of the training that are done */
  async setProgress(tokenizerId: string, percent: number): Promise<void> {
    await this.#redis.set(keys.tokenizerProgress(tokenizerId), percent, "EX", PROGRESS_SECONDS);
  }

  async fail(tokenizerId: string, message: string): Promise<void> {
    await this.#redis
      .multi()
      .set(keys.tokenizerMessage(tokenizerId), message)
      .set(keys.tokenizerStatus(tokenizerId), "failed")
      .exec();
  }

  /** Notes that it is there, and what was measured. */
  async complete(tokenizerId: string, stats: TokenizerStats): Promise<void> {
    await this.#redis
      .multi()
      .set(keys.tokenizerStats(tokenizerId), toWireJson(stats))
      .set(keys.tokenizerStatus(tokenizerId), "completed")
      .exec();
  }

  /** The newest first. */
  async list(limit: number): Promise<ListedTokenizer[]> {
    const found = await this.#redis.zrange(keys.tokenizers, 0, String(limit - 1), "REV", "WITHSCORES");
    return await Promise.all(
      [...scored(found)].map(async ([id, createdAt]) => Object.assign({ createdAt }, await this.get(id))),
    );
  }
}
