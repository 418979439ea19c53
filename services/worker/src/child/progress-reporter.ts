import type { RunProgress } from "@trainer/platform";
import type { RunEvent, StepDone } from "@trainer/training";
import type { RunUpdate } from "./messages.js";

/** Least time between two reported steps; the last one of an epoch is always reported. */
const EVERY_MS = 250;

/** Unix seconds. */
const now = (): number => Date.now() / 1000;

/**
 * Turns a run's events into reports: not every step, but each epoch's last, and nothing that an earlier process
 * reported already.
 */
export class ProgressReporter {
  readonly #lastReported: RunProgress | null;
  readonly #report: (update: RunUpdate) => void;
  #training: RunProgress | null;
  #lastAt = -Infinity;
  /** Totals since the last reported step. */
  #since = { samples: 0, tokens: 0, ms: 0 };
  /** Totals of the current epoch, without skipped steps. */
  #norms = { epoch: -1, sum: 0, steps: 0 };

  constructor(lastReported: RunProgress | null, report: (update: RunUpdate) => void) {
    this.#lastReported = lastReported;
    this.#training = lastReported;
    this.#report = report;
  }

  readonly step = (done: StepDone): void => {
    if (this.#norms.epoch !== done.epoch) this.#norms = { epoch: done.epoch, sum: 0, steps: 0 };
    if (!done.skipped) {
      this.#norms.sum += done.gradNorm;
      this.#norms.steps += 1;
    }
    this.#since.samples += done.samples;
    this.#since.tokens += done.tokens;
    this.#since.ms += done.ms;
    if (this.#lastReported !== null && done.step <= this.#lastReported.step) return;
    if (!done.endsEpoch && performance.now() - this.#lastAt < EVERY_MS) return;
    const { samples, tokens, ms } = this.#since;
    const seconds = ms / 1000;
    this.#training = {
      ...this.#rest(),
      step: done.step,
      total_steps: done.totalSteps,
      epoch: done.epoch,
      total_epochs: done.epochs,
      train_loss: done.loss,
      lr: done.lr,
      grad_norm: done.gradNorm,
      tokens_per_sec: tokens / seconds,
      eta_seconds: (done.totalSteps - done.step) * (done.ms / 1000),
      rss_bytes: process.memoryUsage.rss(),
    };
    const border = done.endsEpoch;
    this.#report({ kind: "step", at: now(), training: this.#training, samplesPerSec: samples / seconds, border });
    this.#lastAt = performance.now();
    this.#since = { samples: 0, tokens: 0, ms: 0 };
  };

  readonly event = (event: RunEvent): void => {
    if (event.type === "config") {
      const { modelFamily, modelSize, batchSize, learningRate, threads } = event;
      this.#report({ kind: "config", modelFamily, modelSize, batchSize, learningRate, threads });
    }
    if (event.type === "eval") this.#evaluated(event);
    if (event.type === "checkpoint") this.#saved(event);
  };

  #evaluated({ split, step, loss, best }: Extract<RunEvent, { type: "eval" }>): void {
    const training = this.#training;
    if (training === null) return;
    if (split === "test") {
      this.#training = { ...training, test_loss: loss };
      return;
    }
    const before = this.#lastReported;
    // The same loss to the last bit after the same step: this validation was reported before its process ended.
    const again = before !== null && (step < before.step || (step === before.step && before.val_loss === loss));
    if (again) return;
    const best_val_loss = best ? loss : training.best_val_loss;
    this.#training = { ...training, val_loss: loss, best_val_loss };
    const gradNorm = this.#norms.sum / Math.max(1, this.#norms.steps);
    this.#report({ kind: "validation", at: now(), training: this.#training, loss, gradNorm });
  }

  #saved({ step, best }: Extract<RunEvent, { type: "checkpoint" }>): void {
    const training = this.#training;
    if (training === null || (this.#lastReported?.checkpoint_step ?? -1) >= step) return;
    this.#training = { ...training, checkpoint_step: step };
    this.#report({ kind: "checkpoint", training: this.#training, best });
  }

  #rest(): Pick<RunProgress, "val_loss" | "best_val_loss" | "test_loss" | "checkpoint_step"> {
    return this.#training ?? { val_loss: null, best_val_loss: null, test_loss: null, checkpoint_step: null };
  }
}
