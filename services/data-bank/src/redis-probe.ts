import { Redis } from "ioredis";

const TIMEOUT_MS = 1000;

/** Asks the queue's Redis whether jobs can be done: null if so, else the reason in the words of `/readyz`. */
export class RedisProbe implements AsyncDisposable {
  readonly #redis: Redis;

  constructor(url: string) {
    this.#redis = new Redis(url, {
      connectTimeout: TIMEOUT_MS,
      commandTimeout: TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      enableReadyCheck: false,
      lazyConnect: true,
    });
    this.#redis.on("error", () => {}); // each answer of `trouble` tells it
  }

  async trouble(): Promise<string | null> {
    try {
      if ((await this.#redis.ping()) !== "PONG") return "redis no-pong";
      return (await this.#redis.scard("rq:workers")) > 0 ? null : "no-worker";
    } catch {
      return "redis error";
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
  }
}
