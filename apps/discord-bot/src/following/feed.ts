import { decodeEvent, EVENTS_CHANNEL, runChannel, type TrainerEvent } from "@trainer/platform";
import { openRedis } from "@trainer/platform/redis";
import type { Redis } from "ioredis";

export interface FeedHooks {
  readonly onEvent: (event: TrainerEvent) => void;
  /** Called when Redis is back: events in between are lost. */
  readonly onBack: () => void;
  readonly onError: (error: Error) => void;
}

/** Events of runs: of all on the common channel, and of followed ones on their own as well. */
export class Feed implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #hooks: FeedHooks;

  constructor(url: string, hooks: FeedHooks) {
    this.#hooks = hooks;
    this.#redis = openRedis(url, { listens: true, onError: hooks.onError });
    this.#redis.on("message", (_channel, message) => {
      const event = decodeEvent(message);
      if (event !== null) hooks.onEvent(event);
    });
  }

  async open(): Promise<void> {
    await this.#redis.subscribe(EVENTS_CHANNEL);
    this.#redis.on("ready", this.#hooks.onBack); // from now on a connection is a new one; it subscribes by itself
  }

  /** Takes effect when Redis is there. */
  follow(runId: string): void {
    this.#redis.subscribe(runChannel(runId)).catch(this.#hooks.onError);
  }

  unfollow(runId: string): void {
    this.#redis.unsubscribe(runChannel(runId)).catch(this.#hooks.onError);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
  }
}
