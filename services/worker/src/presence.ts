import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { keys, type Engine, type WorkerPresence } from "@trainer/platform";
import type { Redis } from "ioredis";
import { Leadership } from "./leadership.js";
import { every } from "./runs/every.js";

const TTL_SEC = 20;
const SWEEP_KEY = "trainer:presence-sweep";
/** Names that are looked at in one round trip. */
const PORTION = 1000;

/** A name that no other worker has, by which its jobs are known too. */
export const workerName = (): string =>
  `rq:worker:${hostname().slice(0, 12)}-${process.pid}-${randomUUID().slice(0, 8)}`;

export interface PresenceOptions {
  readonly name: string;
  /** Jobs of both kinds that it takes at a time. */
  readonly trainings: number;
  readonly answers: number;
  /** What it computes with, once that is known. */
  readonly engine: () => Engine | null;
  /** Called when Redis has lost its data, this worker included. */
  readonly onForgotten: () => void;
}

/**
 * Registers a worker among the live ones, by which others see that jobs will be done. Each has a key that expires, so
 * that a killed one is recognised and its name cleared away by the next.
 */
export class Presence implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #options: PresenceOptions;
  readonly #startedAt = new Date().toISOString();
  #timer: Disposable | null = null;
  #sweep: Leadership | null = null;

  constructor(redis: Redis, options: PresenceOptions) {
    this.#redis = redis;
    this.#options = options;
  }

  async begin(everyMs: number): Promise<void> {
    await this.#say();
    const { name } = this.#options;
    this.#sweep = new Leadership(this.#redis, { key: SWEEP_KEY, name, ms: 4 * everyMs });
    this.#timer = every(everyMs, async () => {
      if ((await this.#say()) > 0) this.#options.onForgotten();
      if (await this.#sweep?.held()) await this.#clearDead();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    await this.#sweep?.[Symbol.asyncDispose]();
    const { name } = this.#options;
    await this.#redis.multi().srem(keys.workers, name).del(name, keys.presence(name)).exec();
  }

  /** Number of added names: none if this one was known. */
  async #say(): Promise<number> {
    const { name, trainings, answers, engine } = this.#options;
    const seen_at = new Date().toISOString();
    const own = { host: hostname(), pid: process.pid, started_at: this.#startedAt, seen_at };
    const presence: WorkerPresence = { ...own, trainings, answers, engine: engine() };
    const said = await this.#redis
      .multi()
      .set(name, seen_at, "EX", TTL_SEC)
      .set(keys.presence(name), JSON.stringify(presence), "EX", TTL_SEC)
      .sadd(keys.workers, name)
      .exec();
    return Number(said?.at(-1)?.[1]);
  }

  /** One worker does so for all: each of a thousand would look for the thousand. */
  async #clearDead(): Promise<void> {
    const names = (await this.#redis.smembers(keys.workers)).filter((each) => each.startsWith("rq:worker:"));
    for (let from = 0; from < names.length; from += PORTION) {
      const portion = names.slice(from, from + PORTION);
      const look = this.#redis.pipeline();
      for (const name of portion) look.exists(name);
      const found = await look.exec();
      const dead = portion.filter((_, i) => found?.[i]?.[1] === 0);
      if (dead.length > 0) await this.#redis.srem(keys.workers, ...dead);
    }
  }
}
