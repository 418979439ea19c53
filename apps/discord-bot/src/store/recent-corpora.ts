import { keys } from "@trainer/platform";
import type { Redis } from "ioredis";

const KEPT = 25;

/** The corpora that each user trained on, the latest first. */
export class RecentCorpora {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async used(user: bigint, corpus: string): Promise<void> {
    const key = keys.recentCorpora(user);
    await this.#redis
      .multi()
      .lrem(key, 0, corpus)
      .lpush(key, corpus)
      .ltrim(key, 0, KEPT - 1)
      .exec();
  }

  list = (user: bigint): Promise<string[]> => this.#redis.lrange(keys.recentCorpora(user), 0, -1);
}
