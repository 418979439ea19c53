import type { BatchLoader } from "../bins/batch-loader.js";
import type { EarlyStopping } from "../step/early-stopping.js";
import type { PlannedEvaluation } from "../step/planned-evaluation.js";
import type { StepDone } from "./events.js";
import type { ManifestFile } from "../home/manifest-file.js";
import type { MetricsFile } from "./metrics.js";
import type { RunOptions } from "../options/options.js";
import type { Reporter } from "./reporter.js";
import type { RunFolder } from "../home/run-folder.js";
import type { StepProfiler } from "../step/step-profile.js";
import type { StepPlan } from "../step/step-plan.js";
import type { queueStep, Stepper } from "../step/step.js";
import type { EvaluationPace } from "../step/throughput.js";
import type { TrainedWeights } from "../model/trained-weights.js";

/** How far a run has come. */
export interface Progress {
  /** Optimizer steps done. */
  step: number;
  tokensSeen: number;
  /** Of the last batch. */
  trainLoss: number | null;
  /** Steps that changed nothing, since their gradients overflowed in fp16. */
  skippedSteps: number;
  /** The validation of this step is still to come. */
  evalDue: boolean;
  /** There is nothing more to train. */
  finished: boolean;
}

/** A run with all that it works on. */
export interface LiveRun {
  readonly options: RunOptions;
  readonly folder: RunFolder;
  readonly manifest: ManifestFile;
  readonly reporter: Reporter;
  readonly signal: AbortSignal | undefined;
  readonly queueStep: typeof queueStep;
  /** Gives back what can be had again: a recorded step, and what the device keeps for reuse. */
  readonly freeMemory: () => void;
  readonly onStep: ((step: StepDone) => void) | undefined;
  /** Throws where the run has become another process's. */
  readonly mayWrite: () => void;
  readonly stepper: Stepper;
  readonly weights: TrainedWeights;
  readonly plan: StepPlan;
  readonly loader: BatchLoader;
  /** What is evaluated of the validation and test splits; null if the run has none. */
  readonly splits: Readonly<Record<"validation" | "test", PlannedEvaluation | null>>;
  readonly early: EarlyStopping;
  readonly metrics: MetricsFile;
  readonly profiler: StepProfiler;
  readonly progress: Progress;
  readonly pace: EvaluationPace;
  /** Time spent so far in ms, over all sessions. */
  elapsedMs(): number;
}
