import type { Failure } from "@trainer/training/files";

/** How long to wait before each further start after one that came to nothing, and when to give up. */
const WAITS_MS = [100, 1000, 4000];

/** Keeps what dies at its start from being started over and over: each failure costs a longer wait, a success forgives all. */
export class Patience {
  #failures = 0;

  forgive(): void {
    this.#failures = 0;
  }

  /** How long to wait before another try; null: it has failed too often, or would fail for want of memory again. */
  after({ code }: Failure): number | null {
    if (code === "TRAINING_OOM") return null;
    const wait = WAITS_MS[this.#failures] ?? null;
    this.#failures += 1;
    return wait;
  }
}
