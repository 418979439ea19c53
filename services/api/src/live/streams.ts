import type { FastifyReply } from "fastify";
import type { Metrics } from "../metrics.js";
import { sendEvents, type SendOptions } from "./send-events.js";

/** All streams of events that are open: counted, and ended together. */
export class Streams implements Disposable {
  readonly #metrics: Metrics;
  readonly #options: SendOptions;
  readonly #closing = new AbortController();

  constructor(metrics: Metrics, options: Omit<SendOptions, "closing">) {
    this.#metrics = metrics;
    this.#options = { ...options, closing: this.#closing.signal };
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
