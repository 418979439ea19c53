/** Why work is stopped before its end. */
export type StopCause = "cancelled" | "drained" | "lost" | "timeout";

/** A signal whose reason is the first cause that there was to stop. */
export class Stop {
  readonly #controller = new AbortController();
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
      this.#cause ??= cause;
      this.#controller.abort();
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
    return this;
  }
}
