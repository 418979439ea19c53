import { join } from "node:path";
import { checkpointOf } from "../checkpoint/list.js";
import { MODEL_FILE } from "../checkpoint/manifest.js";
import { problemOf } from "../checkpoint/read.js";
import type { LiveRun } from "./live-run.js";
import type { SplitEvaluation } from "../step/evaluate-split.js";
import { evaluate } from "./loop.js";
import { loadWeights } from "../model/trained-weights.js";

export interface TestResult extends SplitEvaluation {
  /** After which step the weights were as they are. */
  readonly step: number;
}

/** Goes back to the best weights, which are already the run's own, and tests them; null if there is no test split. */
export async function testBest(run: LiveRun): Promise<TestResult | null> {
  const { early, progress } = run.course;
  const { folder } = run.session;
  const { weights, stepper } = run.learner;
  let { step } = progress;
  stepper.average?.use(); // nothing is trained any more
  if (early.bestStep !== null && early.bestStep !== progress.step) {
    const best = await checkpointOf(folder.checkpoints, early.bestStep);
    const problem = await problemOf(best, MODEL_FILE);
    if (problem === null) {
      loadWeights(weights, join(best, MODEL_FILE));
      step = early.bestStep;
    } else {
      run.reporter.warn(
        `the best checkpoint, of step ${early.bestStep}, cannot be used: ${problem}; the last one is used`,
      );
      const last = await checkpointOf(folder.checkpoints, progress.step);
      await weights.publish(join(last, MODEL_FILE), folder);
    }
  }
  const result = await evaluate(run, "test", step, () => false);
  return result && { ...result, step };
}
