import type { Clock } from "./clock.js";

export interface Pace {
  /** Least time between two starts. */
  readonly gapMs: number;
  /** Before the first, so that what comes together is done together. */
  readonly delayMs?: number;
}

/** Debounced work: never twice at once, and once more after the last request. */
export class Paced {
  readonly #work: () => Promise<void>;
  readonly #pace: Required<Pace>;
  readonly #clock: Clock;
  #last = -Infinity;
  #state: "idle" | "waiting" | "working" | "working, asked again" | "closed" = "idle";
  #cancel = () => {};
  #busy: Promise<void> = Promise.resolve();

  /** @param work settles; it does not throw */
  constructor(work: () => Promise<void>, pace: Pace, clock: Clock) {
    this.#work = work;
    this.#pace = { delayMs: 0, ...pace };
    this.#clock = clock;
  }

  /** Wants the work done soon. */
  ask(): void {
    if (this.#state === "working") this.#state = "working, asked again";
    if (this.#state !== "idle") return;
    const { gapMs, delayMs } = this.#pace;
    const wait = Math.max(delayMs, this.#last + gapMs - this.#clock.now());
    if (wait <= 0) return this.#begin();
    this.#state = "waiting";
    this.#cancel = this.#clock.after(wait, () => this.#begin());
  }

  /** Nothing begins any more; waits for what has begun. */
  async close(): Promise<void> {
    this.#cancel();
    this.#state = "closed";
    await this.#busy;
  }

  #begin(): void {
    this.#state = "working";
    this.#last = this.#clock.now();
    this.#busy = this.#work().finally(() => {
      const again = this.#state === "working, asked again";
      if (this.#state !== "closed") this.#state = "idle";
      if (again) this.ask();
    });
  }
}
