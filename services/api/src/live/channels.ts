import { EventEmitter, once } from "node:events";
import { background, keys, parseJson, StreamPiece } from "@trainer/platform";
import type { Redis } from "ioredis";

/** The pieces of one answer, in order, since the channel was opened. */
export interface Messages extends Disposable {
  /** The next piece; null where none came for `ms`, or the signal was aborted. */
  next(ms: number, signal: AbortSignal): Promise<StreamPiece | null>;
}

const SUBSCRIBE_MS = 1000;
const ignore = () => {};

/** Listens to the channels of answers: any number of them over one connection. */
export class Channels implements Disposable {
  readonly #redis: Redis;
  readonly #hub = new EventEmitter().setMaxListeners(0);

  constructor(redis: Redis) {
    this.#redis = redis;
    redis.on("message", (channel: string, message: string) => this.#hub.emit(channel, message));
  }

  /** Resolves when nothing can be missed any more. */
  async open(resultKey: string): Promise<Messages> {
    const channel = keys.stream(resultKey);
    const waiting: StreamPiece[] = [];
    const arrived = new EventEmitter();
    const hear = (message: string) => {
      waiting.push(...piecesIn(message));
      arrived.emit("piece");
    };
    const dispose = () => {
      this.#hub.off(channel, hear);
      background(this.#redis.unsubscribe(channel), ignore);
    };
    this.#hub.on(channel, hear);
    try {
      await within(SUBSCRIBE_MS, this.#redis.subscribe(channel));
    } catch (error) {
      dispose();
      throw error;
    }
    return {
      async next(ms, signal) {
        if (waiting.length === 0) {
          const until = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
          await once(arrived, "piece", { signal: until }).catch(ignore);
        }
        return waiting.shift() ?? null;
      },
      [Symbol.dispose]: dispose,
    };
  }

  [Symbol.dispose](): void {
    this.#redis.disconnect();
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("Command timed out")), ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function piecesIn(message: string): StreamPiece[] {
  try {
    return [StreamPiece.parse(parseJson(message))];
  } catch {
    return []; // of a kind that is not known here
  }
}
