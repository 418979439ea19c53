import { EventEmitter, once } from "node:events";
import { TrainingError } from "../errors.js";
import { written, type Sequence, type SequenceEvent } from "./sequence.js";

/** The sequences of one caller in a shared batch, and what is yet to be yielded of them. */
export class DecodingRequest {
  readonly #sequences: readonly Sequence[];
  readonly #events: SequenceEvent[] = [];
  readonly #progress = new EventEmitter<{ progress: [] }>();
  #error: TrainingError | null = null;
  #closed = false;

  constructor(sequences: readonly Sequence[]) {
    this.#sequences = sequences;
  }

  /** True: no step is spent on its sequences any more. */
  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
  }

  /** Writes the token that a sequence has drawn. */
  write(sequence: Sequence): void {
    this.#events.push(...written(sequence));
    this.#progress.emit("progress");
  }

  fail(error: unknown): void {
    this.#error = TrainingError.from(error);
    this.#closed = true;
    this.#progress.emit("progress");
  }

  /** The events as they come, to the end of each sequence. Aborting `signal` throws its reason. */
  async *events(signal: AbortSignal | undefined): AsyncGenerator<SequenceEvent, void, undefined> {
    for (;;) {
      signal?.throwIfAborted();
      const event = this.#events.shift();
      if (event !== undefined) yield event;
      else if (this.#error !== null) throw this.#error;
      else if (this.#sequences.every(({ finished }) => finished !== null)) return;
      else await once(this.#progress, "progress", { signal }).catch(() => {}); // aborted: the reason is thrown above
    }
  }
}
