import type { RunProgress } from "@trainer/platform";
import type { RunManifest } from "@trainer/training/files";

type Reached = Pick<RunManifest, "steps" | "total_steps" | "epochs" | "loss" | "best_val_loss" | "test_loss">;

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
