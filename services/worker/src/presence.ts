import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { keys } from "@trainer/platform";
import type { Redis } from "ioredis";
import { every } from "./runs/every.js";

const TTL_SEC = 20;

/**
 * Registers a worker among the live ones, by which others see that jobs will be done. Each has a key that expires, so
 * that a killed one is recognised and its name cleared away by the next.
 */
export class Presence implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #name = `rq:worker:${hostname().slice(0, 12)}-${process.pid}-${randomUUID().slice(0, 8)}`;
  readonly #onForgotten: () => void;
  #timer: Disposable | null = null;

  /** @param onForgotten called when Redis has lost its data, this worker included */
  constructor(redis: Redis, onForgotten: () => void) {
    this.#redis = redis;
    this.#onForgotten = onForgotten;
  }

  async begin(everyMs: number): Promise<void> {
    await this.#say();
    this.#timer = every(everyMs, async () => {
      if ((await this.#say()) > 0) this.#onForgotten();
      await this.#clearDead();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    await this.#redis.multi().srem(keys.workers, this.#name).del(this.#name).exec();
  }

  /** Number of added names: none if this one was known. */
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
