import { setTimeout } from "node:timers/promises";
import { AppError, background } from "@trainer/platform";

export interface Write {
  /** True if it may be dropped when a later one of its kind is waiting already. */
  readonly passing: boolean;
  readonly run: () => Promise<void>;
}

interface Queued extends Write {
  /** Called when it is written, or never will be. */
  readonly settle: () => void;
}

const RETRY_MS = 500;

/**
 * Does writes one after another, in their order, and again until they go through: Redis may be away for a while, and the
 * work goes on meanwhile. Of what has piled up by then, only what lasts is written. Once somebody else may write in our
 * place, nothing is written any more.
 */
export class WriteQueue {
  readonly #queue: Queued[] = [];
  readonly #onLost: () => void;
  readonly #onError: (error: unknown) => void;
  #running = false;
  #over = false;

  constructor(onLost: () => void, onError: (error: unknown) => void) {
    this.#onLost = onLost;
    this.#onError = onError;
  }

  /** Queues a write; nobody need wait for it. */
  push(write: Write, settle: () => void = () => {}): void {
    if (this.#over) return settle();
    this.#queue.push({ ...write, settle });
    if (!this.#running) background(this.#work(), this.#onError);
  }

  /** Resolves when it is written, or never will be. */
  add(write: Write): Promise<void> {
    return new Promise((resolve) => this.push(write, resolve));
  }

  /** Writes nothing more. */
  end(): void {
    this.#over = true;
    for (const { settle } of this.#queue.splice(0)) settle();
  }

  async #work(): Promise<void> {
    this.#running = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const overtaken = next.passing && this.#queue.some(({ passing }) => passing);
      if (!overtaken) await this.#through(next);
      next.settle();
    }
    this.#running = false;
  }

  async #through({ run }: Queued): Promise<void> {
    while (!this.#over) {
      try {
        return await run();
      } catch (error) {
        if (error instanceof AppError && error.code === "CONFLICT") {
          this.end();
          return this.#onLost();
        }
        this.#onError(error);
        await setTimeout(RETRY_MS);
      }
    }
  }
}
