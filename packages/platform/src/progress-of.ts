import type { RunProgress } from "./schemas/run.js";

/** What a run's manifest says of its progress. */
interface Reached {
  readonly steps: number;
  readonly total_steps: number | null;
  readonly epochs: number;
  readonly loss: number | null;
  readonly best_val_loss: number | null;
  readonly test_loss: number | null;
}

/** Progress of a run by its manifest, completed from the last report. Null for one that took no step. */
export function progressOf(manifest: Reached, lastReported: RunProgress | null): RunProgress | null {
  const { steps: step, total_steps, epochs: total_epochs, loss, best_val_loss, test_loss } = manifest;
  if (total_steps === null || step === 0) return lastReported;
  return {
    ...(lastReported ?? { lr: null, grad_norm: null, tokens_per_sec: null, val_loss: null, rss_bytes: null }),
    step,
    total_steps,
    epoch: Math.floor(((step - 1) * total_epochs) / total_steps),
    total_epochs,
    train_loss: loss,
    eta_seconds: 0,
    best_val_loss,
    test_loss,
    checkpoint_step: step,
  };
}
