import { join } from "node:path";
import { openSafetensors, scope } from "@trainer/torch";
import { MODEL_FILE, OPTIMIZER_FILE } from "../checkpoint/manifest.js";
import type { BatchLoader } from "../bins/batch-loader.js";
import type { EarlyStopping } from "../step/early-stopping.js";
import { restoreGenerators } from "../step/generators.js";
import { restoreScaler } from "../step/precision.js";
import type { Learner } from "../model/learner.js";
import { loadWeights } from "../model/trained-weights.js";
import type { Saved } from "./saved.js";

/** Puts everything back as it was when the checkpoint was saved. The generator comes last: nothing may draw after it. */
export function restore(
  { path, state }: Saved,
  {
    learner,
    loader,
    early,
  }: { readonly learner: Learner; readonly loader: BatchLoader; readonly early: EarlyStopping },
): void {
  const { weights, stepper } = learner;
  loadWeights(weights, join(path, MODEL_FILE));
  using stored = openSafetensors(join(path, OPTIMIZER_FILE));
  scope(() => {
    stepper.optimizer.load(new Map(stored.names.map((name) => [name, stored.tensor(name)])));
  });
  restoreScaler(stepper.scaler, state.scaler);
  loader.load(state.loader);
  early.load(state.earlyStopping);
  restoreGenerators(state.rng);
}
