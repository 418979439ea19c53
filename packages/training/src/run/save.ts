import { join } from "node:path";
import { isFile } from "@trainer/disk";
import { list, prune } from "../checkpoint/list.js";
import { MODEL_FILE } from "../checkpoint/manifest.js";
import type { TrainState } from "../checkpoint/state.js";
import { writeCheckpoint } from "../checkpoint/write.js";
import { saveGenerators } from "../step/generators.js";
import { measuredProducts } from "@trainer/torch";
import { keepProducts } from "../step/products.js";
import type { LiveRun } from "./live-run.js";
import { isRewindTarget } from "./rewind-steps.js";
import { readSaved, type Saved } from "./saved.js";
import { sourcesAt } from "./run-sources.js";
import { memoryPeak } from "../step/memory-peak.js";

/** Saves the run's state. */
export async function save(run: LiveRun): Promise<void> {
  const { stepper, weights } = run.learner;
  const { progress } = run.course;
  const began = performance.now();
  run.assertOwned();
  run.metrics.sync();
  run.sampler?.file.sync();
  const { path, bytes } = await run.learner.asUsed(async () => {
    const content = {
      step: progress.step,
      model: weights.params.named(),
      optimizer: new Map([...stepper.optimizer.state(), ...(stepper.average?.state() ?? [])]),
      state: stateOf(run),
    };
    const written = await writeCheckpoint(run.session.folder.checkpoints, content, run.assertOwned);
    await keepProducts(run.session.manifest.current.threads);
    await settle(run, written.path);
    return written;
  });
  const seconds = (performance.now() - began) / 1000;
  run.reporter.emit({ type: "checkpoint", step: progress.step, path, bytes, best: isBest(run), seconds });
}

/**
 * Effects of a checkpoint: the best weights so far, or the last without validation, become the run's own, older
 * checkpoints go, and the manifest gets the progress. Repeated on resume: the process that wrote it may have ended
 * before.
 */
export async function settle(run: LiveRun, path: string): Promise<void> {
  const { folder, options, manifest } = run.session;
  const { progress, early, plan, watch } = run.course;
  const { weights } = run.learner;
  run.assertOwned();
  // Without a best one yet, a stopped run is used by its checkpoint; that of an adapter is no model.
  const there = await isFile(folder.weights);
  const publishes = isBest(run) || run.data.splits.validation === null || (!weights.whole && !there);
  if (publishes) await run.learner.asUsed(() => weights.publish(join(path, MODEL_FILE), folder));
  await prune(folder.checkpoints, options.keepCheckpoints, await keptSteps(run));
  await manifest.update({
    steps: progress.step,
    tokens_seen: progress.tokensSeen,
    loss: progress.trainLoss,
    skipped_steps: progress.skippedSteps,
    alarms: watch.state().alarms,
    best_val_loss: early.best,
    best_step: early.bestStep,
    best_val_figures: early.figures ?? null,
    early_stopped: early.exhausted && progress.step < plan.totalSteps,
    duration_seconds: run.elapsedMs() / 1000,
    sources: sourcesAt(manifest.current.sources, run.data.loader.state()),
    ...memoryPeak(manifest.current),
  });
}

/** Steps of checkpoints that are needed: the best, and those that the run may go back to with the best of then. */
async function keptSteps({ course: { early, progress }, session }: LiveRun): Promise<Set<number>> {
  const { folder, options } = session;
  const targets = (await list(folder.checkpoints)).filter(({ step }) => isRewindTarget(step, progress.step, options));
  const bests = targets.map(({ name }) => readSaved(join(folder.checkpoints, name)).then(bestOf, () => null));
  const steps = [early.bestStep, ...targets.map(({ step }) => step), ...(await Promise.all(bests))];
  return new Set(steps.filter((step) => step !== null));
}

const bestOf = ({ state }: Saved): number | null => state.earlyStopping.bestStep;

const isBest = ({ course: { early, progress } }: LiveRun): boolean => early.bestStep === progress.step;

function stateOf({ course, data, learner, metrics, sampler, elapsedMs }: LiveRun): TrainState {
  const { stepper } = learner;
  return {
    version: 1,
    ...course.progress,
    elapsedMs: elapsedMs(),
    earlyStopping: course.early.state(),
    watch: course.watch.state(),
    loader: data.loader.state(),
    rng: saveGenerators(stepper.compute.device),
    scaler: stepper.scaler?.state() ?? null,
    products: measuredProducts()?.slice() ?? null,
    metricsBytes: metrics.bytes,
    samplesBytes: sampler?.file.bytes ?? 0,
  };
}
