import type { Failure } from "@trainer/training/files";

/** Waits before each restart after a failed start; after the last it is given up. */
const WAITS_MS = [100, 1000, 4000];

/** Keeps what dies at its start from being started over and over: each failure costs a longer wait, a success forgives all. */
export class RestartBackoff {
  #failures = 0;

  forgive(): void {
    this.#failures = 0;
  }

  /** Wait before another try; null: it has failed too often, or would run out of memory again. */
  after({ code }: Failure): number | null {
    if (code === "TRAINING_OOM") return null;
    const wait = WAITS_MS[this.#failures] ?? null;
    this.#failures += 1;
    return wait;
  }
}
