import { join } from "node:path";
import { openSafetensors, scope } from "@trainer/torch";
import type { CausalLm } from "@trainer/models";
import { checkpointOf } from "../checkpoint/list.js";
import { MODEL_FILE } from "../checkpoint/manifest.js";
import { publish } from "../checkpoint/publish.js";
import { problemOf } from "../checkpoint/read.js";
import type { LiveRun } from "./live-run.js";
import { evaluate } from "./loop.js";

export interface TestResult {
  readonly loss: number;
  readonly perplexity: number;
  readonly bitsPerByte: number;
}

/** Goes back to the best weights, which are already the run's own, and tests them; null if there is no test split. */
export async function testBest(run: LiveRun): Promise<TestResult | null> {
  const { early, progress, folder, reporter, stepper } = run;
  if (early.bestStep !== null && early.bestStep !== progress.step) {
    const best = await checkpointOf(folder.checkpoints, early.bestStep);
    const problem = await problemOf(best, MODEL_FILE);
    if (problem === null) {
      loadWeights(stepper.model, join(best, MODEL_FILE));
    } else {
      reporter.warn(`the best checkpoint, of step ${early.bestStep}, cannot be used: ${problem}; the last one is used`);
      const last = await checkpointOf(folder.checkpoints, progress.step);
      await publish(join(last, MODEL_FILE), folder.weights);
    }
  }
  return evaluate(run, "test", () => false);
}

/** Replaces the model's weights by a checkpoint's. */
export function loadWeights(model: CausalLm, path: string): void {
  using stored = openSafetensors(path);
  scope(() => {
    model.params.load(new Map(stored.names.map((name) => [name, stored.tensor(name)])));
  });
}
