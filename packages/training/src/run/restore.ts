import { join } from "node:path";
import { openSafetensors, scope } from "@trainer/torch";
import { MODEL_FILE, OPTIMIZER_FILE } from "../checkpoint/manifest.js";
import type { BatchLoader } from "../bins/batch-loader.js";
import { restoreGenerators } from "../step/generators.js";
import { splitState } from "../step/weight-average.js";
import { restoreScaler } from "../step/precision.js";
import type { Learner } from "../model/learner.js";
import { loadWeights } from "../model/trained-weights.js";
import type { Course } from "./live-run.js";
import type { Saved } from "./saved.js";

/** Puts everything back as it was when the checkpoint was saved. The generator comes last: nothing may draw after it. */
export function restore(
  { path, state }: Saved,
  { learner, loader, course }: { readonly learner: Learner; readonly loader: BatchLoader; readonly course: Course },
): void {
  const { weights, stepper } = learner;
  loadWeights(weights, join(path, MODEL_FILE));
  using stored = openSafetensors(join(path, OPTIMIZER_FILE));
  scope(() => {
    const { optimizer, trained } = splitState(new Map(stored.names.map((name) => [name, stored.tensor(name)])));
    stepper.optimizer.load(optimizer);
    stepper.average?.load(trained, state.step > 0);
  });
  restoreScaler(stepper.scaler, state.scaler);
  loader.load(state.loader);
  restoreCourse(course, state);
  restoreGenerators(state.rng);
}

/** A run that has got a new end is not finished, and waits for a better validation as long as at its beginning. */
function restoreCourse({ early, plan, progress, trainedOnFrom, watch }: Course, state: Saved["state"]): void {
  early.load(state.earlyStopping);
  watch.load(state.watch);
  if (state.step === trainedOnFrom) early.renew();
  progress.finished &&= early.exhausted || state.step >= plan.totalSteps;
}
