import type { Redis } from "ioredis";

export interface LeadershipOptions {
  readonly key: string;
  /** The worker's own, among all that there are. */
  readonly name: string;
  /** After how long without a look of its holder another worker takes it. */
  readonly ms: number;
}

const HOLD = `
local holder = redis.call("GET", KEYS[1])
if holder and holder ~= ARGV[1] then return redis.call("PTTL", KEYS[1]) end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return -1`;

/** What one worker does for all: the others look for it only when its lease may have run out. */
export class Leadership {
  readonly #redis: Redis;
  readonly #options: LeadershipOptions;
  #lookAt = 0;

  constructor(redis: Redis, options: LeadershipOptions) {
    this.#redis = redis;
    this.#options = options;
  }

  /** True if it is this worker's, from now on for another lease. */
  async held(): Promise<boolean> {
    if (performance.now() < this.#lookAt) return false;
    const { key, name, ms } = this.#options;
    const left = Number(await this.#redis.eval(HOLD, 1, key, name, ms));
    this.#lookAt = left < 0 ? 0 : performance.now() + left;
    return left < 0;
  }

  /** Leaves it to another at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#lookAt = Infinity;
    await this.#redis.eval(RELEASE, 1, this.#options.key, this.#options.name);
  }
}

export const RELEASE = `if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end`;
