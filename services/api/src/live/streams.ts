import { AppError } from "@trainer/platform";
import type { FastifyReply } from "fastify";
import type { Metrics } from "../metrics.js";
import { sendEvents, type SendOptions } from "./send-events.js";

export interface StreamOptions extends Omit<SendOptions, "closing"> {
  /** 0: as many as it likes. */
  readonly streamsPerClient: number;
}

/** All streams of events that are open: counted, and ended together. */
export class Streams implements Disposable {
  readonly #metrics: Metrics;
  readonly #options: SendOptions;
  readonly #closing = new AbortController();
  readonly #perClient: number;
  /** Number of open streams by client. */
  readonly #open = new Map<string, number>();

  constructor(metrics: Metrics, { streamsPerClient, ...options }: StreamOptions) {
    this.#metrics = metrics;
    this.#perClient = streamsPerClient;
    this.#options = { ...options, closing: this.#closing.signal };
  }

  /**
   * A place for one more stream of a client, until it is disposed of.
   * @throws AppError RATE_LIMIT_EXCEEDED for one that has as many as it may
   */
  admit(client: string): Disposable {
    const before = this.#open.get(client) ?? 0;
    if (this.#perClient > 0 && before >= this.#perClient) {
      const message = `you have ${before} streams of events open, as many as a client may have: close one first`;
      throw new AppError("RATE_LIMIT_EXCEEDED", message, { headers: { "retry-after": "10" } });
    }
    this.#open.set(client, before + 1);
    return {
      [Symbol.dispose]: () => {
        const left = Number(this.#open.get(client)) - 1;
        if (left === 0) this.#open.delete(client);
        else this.#open.set(client, left);
      },
    };
  }

  async send(reply: FastifyReply, framesOf: (signal: AbortSignal) => AsyncIterable<Buffer>): Promise<void> {
    this.#metrics.streams.inc();
    await sendEvents(reply, framesOf, this.#options);
    this.#metrics.streams.dec();
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
  }
}
