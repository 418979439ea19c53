export interface WatchdogOptions {
  /** Interval of checks. */
  readonly everyMs: number;
  /** Called once, after several looks in a row without a sign of life. */
  readonly onSilent: () => void;
  /** True if a process without heartbeats is at work all the same, by other evidence; none by default. */
  readonly isBusy?: () => boolean;
  /** Most checks in a row for which that is believed. */
  readonly mostBusyLooks?: number;
}

/** Looks without a sign of life after which something is taken for hung. */
const MOST_MISSES = 3;

/**
 * Waits for signs of life. It counts its own looks, not time: a process that was itself stopped, or has no processor for
 * a while, does not take others for hung that could not be heard meanwhile.
 */
export class Watchdog implements Disposable {
  readonly #options: WatchdogOptions;
  readonly #timer: NodeJS.Timeout;
  #seen = true;
  #misses = 0;
  #busyLooks = 0;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), options.everyMs).unref();
  }

  /** There was a sign of life. */
  seen(): void {
    this.#seen = true;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { isBusy = () => false, mostBusyLooks = 0, onSilent } = this.#options;
    const busy = isBusy();
    this.#busyLooks = this.#seen ? 0 : this.#busyLooks + 1;
    const alive = this.#seen || (busy && this.#busyLooks <= mostBusyLooks);
    this.#misses = alive ? 0 : this.#misses + 1;
    this.#seen = false;
    if (this.#misses < MOST_MISSES) return;
    this[Symbol.dispose]();
    onSilent();
  }
}
