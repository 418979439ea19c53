import { EventEmitter } from "node:events";

/** Reason of an early stop. */
export type StopCause = "cancelled" | "drained" | "lost" | "timeout";

/** A signal whose reason is the first cause that there was to stop. Disposed of, it listens to its causes no longer. */
export class Stop implements Disposable {
  readonly #controller = new AbortController();
  readonly #over = new AbortController();
  readonly #listeners = new EventEmitter<{ stop: [cause: StopCause] }>();
  #cause: StopCause | null = null;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get cause(): StopCause | null {
    return this.#cause;
  }

  /** Stops for that cause once the signal is aborted; now if it is already. */
  on(signal: AbortSignal, cause: StopCause): this {
    const stop = () => {
      if (this.#cause !== null) return;
      this.#cause = cause;
      this.#controller.abort();
      this.#listeners.emit("stop", cause);
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true, signal: this.#over.signal });
    return this;
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }

  /** Calls `listener` once there is a cause to stop, unless that came first or what is returned is disposed of. */
  whenStopped(listener: (cause: StopCause) => void): Disposable {
    this.#listeners.once("stop", listener);
    return { [Symbol.dispose]: () => this.#listeners.off("stop", listener) };
  }
}
