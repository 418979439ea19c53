import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { keys } from "@trainer/platform";
import type { Redis } from "ioredis";

const TTL_SEC = 20;
const REFRESH_MS = 5000;

/**
 * A worker's name among the workers that are there, by which others see that jobs will be done. Each has a key of its own
 * that expires with it, so that one that was killed can be told and its name be cleared away by the next.
 */
export class Presence implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #name = `rq:worker:${hostname().slice(0, 12)}-${process.pid}-${randomUUID().slice(0, 8)}`;
  readonly #onForgotten: () => void;
  #timer: NodeJS.Timeout | undefined;
  #refreshing = false;

  /** @param onForgotten hears that Redis no longer knows of us: it has lost what it knew */
  constructor(redis: Redis, onForgotten: () => void) {
    this.#redis = redis;
    this.#onForgotten = onForgotten;
  }

  async begin(): Promise<void> {
    await this.#say();
    await this.#clearDead();
    this.#timer = setInterval(() => void this.refresh(), REFRESH_MS);
  }

  async refresh(): Promise<void> {
    if (this.#refreshing) return;
    this.#refreshing = true;
    try {
      if ((await this.#say()) > 0) this.#onForgotten();
      await this.#clearDead();
    } catch {
      // Redis is away; the next time will do
    }
    this.#refreshing = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#redis.multi().srem(keys.workers, this.#name).del(this.#name).exec();
  }

  /** How many were added: none when we were known. */
  async #say(): Promise<number> {
    await this.#redis.set(this.#name, new Date().toISOString(), "EX", TTL_SEC);
    return await this.#redis.sadd(keys.workers, this.#name);
  }

  async #clearDead(): Promise<void> {
    const names = await this.#redis.smembers(keys.workers);
    for (const name of names.filter((each) => each.startsWith("rq:worker:"))) {
      if ((await this.#redis.exists(name)) === 0) await this.#redis.srem(keys.workers, name);
    }
  }
}
