import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openSafetensors, scope } from "@trainer/torch";
import { MODEL_FILE, OPTIMIZER_FILE, STATE_FILE } from "../checkpoint/manifest.js";
import { TrainState } from "../checkpoint/state.js";
import type { BatchLoader } from "../bins/batch-loader.js";
import type { EarlyStopping } from "../step/early-stopping.js";
import { restoreGenerators } from "../step/generators.js";
import { restoreScaler } from "../step/precision.js";
import type { Stepper } from "../step/step.js";
import { loadWeights, type TrainedWeights } from "../model/trained-weights.js";

/** Reads a checkpoint's state.json. */
export async function readState(checkpoint: string): Promise<TrainState> {
  return TrainState.parse(JSON.parse(await readFile(join(checkpoint, STATE_FILE), "utf8")));
}

/** Puts everything back as it was when the checkpoint was saved. The generator comes last: nothing may draw after it. */
export function restore(
  checkpoint: string,
  state: TrainState,
  {
    weights,
    stepper,
    loader,
    early,
  }: {
    readonly weights: TrainedWeights;
    readonly stepper: Stepper;
    readonly loader: BatchLoader;
    readonly early: EarlyStopping;
  },
): void {
  loadWeights(weights, join(checkpoint, MODEL_FILE));
  using stored = openSafetensors(join(checkpoint, OPTIMIZER_FILE));
  scope(() => {
    stepper.optimizer.load(new Map(stored.names.map((name) => [name, stored.tensor(name)])));
  });
  restoreScaler(stepper.scaler, state.scaler);
  loader.load(state.loader);
  early.load(state.earlyStopping);
  restoreGenerators(state.rng);
}
