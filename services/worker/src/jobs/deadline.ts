/** A timeout that restarts with each sign of progress: slow work is fine as long as it gets further. */
export class Deadline implements Disposable {
  readonly #timer: NodeJS.Timeout;
  readonly #passed = new AbortController();

  constructor(ms: number) {
    this.#timer = setTimeout(() => this.#passed.abort(), ms).unref();
  }

  /** Aborted when the time has passed without progress. */
  get signal(): AbortSignal {
    return this.#passed.signal;
  }

  renew(): void {
    this.#timer.refresh();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
