import { join } from "node:path";
import { isFile } from "@trainer/disk";
import { prune } from "../checkpoint/list.js";
import { MODEL_FILE } from "../checkpoint/manifest.js";
import type { TrainState } from "../checkpoint/state.js";
import { writeCheckpoint } from "../checkpoint/write.js";
import { saveGenerators } from "./generators.js";
import type { LiveRun } from "./live-run.js";
import { memoryPeak } from "./memory-peak.js";

/** Saves the run as it stands. The best weights so far, or the last without validation, become the run's own. */
export async function save(run: LiveRun, best: boolean): Promise<void> {
  const { folder, progress, stepper, early, options, weights } = run;
  const began = performance.now();
  run.mayWrite();
  run.metrics.sync();
  const content = {
    step: progress.step,
    model: weights.params.named(),
    optimizer: stepper.optimizer.state(),
    state: stateOf(run),
  };
  const written = await writeCheckpoint(folder.checkpoints, content, run.mayWrite);
  // Without a best one yet, a stopped run is used by its checkpoint; that of an adapter is no model.
  const there = await isFile(folder.weights);
  const publishes = best || run.splits.validation === null || (!weights.whole && !there);
  if (publishes) await weights.publish(join(written.path, MODEL_FILE), folder);
  await prune(folder.checkpoints, options.keepCheckpoints, early.bestStep);
  await run.manifest.update({
    steps: progress.step,
    tokens_seen: progress.tokensSeen,
    loss: progress.trainLoss,
    skipped_steps: progress.skippedSteps,
    best_val_loss: early.best,
    best_step: early.bestStep,
    early_stopped: early.exhausted && progress.step < run.plan.totalSteps,
    duration_seconds: run.elapsedMs() / 1000,
    ...memoryPeak(run.manifest.current),
  });
  const seconds = (performance.now() - began) / 1000;
  const { path, bytes } = written;
  run.reporter.emit({ type: "checkpoint", step: progress.step, path, bytes, best, seconds });
}

function stateOf({ progress, early, loader, stepper, metrics, elapsedMs }: LiveRun): TrainState {
  return {
    version: 1,
    ...progress,
    elapsedMs: elapsedMs(),
    earlyStopping: early.state(),
    loader: loader.state(),
    rng: saveGenerators(stepper.compute.device),
    scaler: stepper.scaler?.state() ?? null,
    metricsBytes: metrics.bytes,
  };
}
