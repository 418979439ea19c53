import { expect, test } from "vitest";
import { progressOf } from "./progress-of.js";

const manifest = { steps: 30, total_steps: 40, epochs: 4, loss: 1.5, best_val_loss: 1.6, test_loss: null };
const known = { step: 30, total_steps: 40, epoch: 2, total_epochs: 4, train_loss: 1.5, best_val_loss: 1.6 };

test("a run is as far as its manifest says, and the rest of it as it was told last", () => {
  const nobodyKnows = { lr: null, grad_norm: null, tokens_per_sec: null, val_loss: null, rss_bytes: null };
  const progress = progressOf(manifest, null);
  expect(progress).toEqual({ ...nobodyKnows, ...known, eta_seconds: 0, test_loss: null, checkpoint_step: 30 });
  const told = {
    ...nobodyKnows,
    ...known,
    step: 7,
    epoch: 0,
    checkpoint_step: 5,
    eta_seconds: 9,
    lr: 0.1,
    test_loss: 3,
  };
  expect(progressOf(manifest, told)).toEqual({ ...progress, lr: 0.1 });
});

test("a run that took no step is as it was told", () => {
  expect(progressOf({ ...manifest, steps: 0 }, null)).toBeNull();
  expect(progressOf({ ...manifest, steps: 0, total_steps: null }, null)).toBeNull();
  expect(progressOf({ ...manifest, steps: 1, total_steps: null }, null)).toBeNull(); // nor one whose steps nobody counted
});
