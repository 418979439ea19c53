import { emptyCache } from "@trainer/torch";
import type { Learner } from "../model/learner.js";
import type { EarlyStopping } from "../step/early-stopping.js";
import type { StepPlan } from "../step/step-plan.js";
import type { LossWatch } from "../step/loss-watch.js";
import { StepProfiler } from "../step/step-profile.js";
import type { StepRecorder } from "../step/step-recorder.js";
import { queueStep } from "../step/step.js";
import { EvaluationPace } from "../step/throughput.js";
import type { LiveEvents } from "../tracking/live-events.js";
import type { MetricsFile } from "./metrics.js";
import type { Reporter } from "./reporter.js";
import type { Session } from "./run-context.js";
import type { Sampler } from "./sampler.js";
import type { RunData } from "./run-data.js";

/** Progress of a run. */
export interface Progress {
  /** Optimizer steps done. */
  step: number;
  tokensSeen: number;
  /** Loss of the last batch. */
  trainLoss: number | null;
  /** Steps that changed nothing, since their gradients overflowed in fp16. */
  skippedSteps: number;
  /** The validation of this step is still to come. */
  evalDue: boolean;
  /** The samples of this step are still to come. */
  sampleDue: boolean;
  /** There is nothing more to train. */
  finished: boolean;
  /** Share of the planned learning rate that is taken. */
  rateScale: number;
  /** How often the run went back to a checkpoint since its loss diverged. */
  rewinds: number;
}

/** A run's way, and where on it the run is. */
export interface Course {
  readonly plan: StepPlan;
  readonly early: EarlyStopping;
  readonly progress: Progress;
  readonly watch: LossWatch;
  /** The last step before the run got a new end; 0: it has had one alone. */
  readonly trainedOnFrom: number;
}

interface Parts {
  readonly session: Session;
  readonly reporter: Reporter;
  readonly learner: Learner;
  readonly data: RunData;
  readonly course: Course;
  readonly metrics: MetricsFile;
  /** Null where no samples are asked for. */
  readonly sampler: Sampler | null;
  /** Null where no event files are asked for. */
  readonly events: LiveEvents | null;
  /** Null where steps are not recorded. */
  readonly recorder: StepRecorder | null;
  /** Time spent so far in ms, over all sessions. */
  readonly elapsedMs: () => number;
}

/** A run with all that it works on. */
export class LiveRun implements Disposable {
  readonly session: Session;
  readonly reporter: Reporter;
  readonly learner: Learner;
  readonly data: RunData;
  readonly course: Course;
  readonly metrics: MetricsFile;
  readonly sampler: Sampler | null;
  readonly events: LiveEvents | null;
  readonly profiler: StepProfiler;
  readonly pace = new EvaluationPace();
  /** The same of samples: all texts of a step are a batch. */
  readonly samplingPace = new EvaluationPace();
  readonly elapsedMs: () => number;
  readonly queueStep: typeof queueStep;
  readonly #recorder: StepRecorder | null;

  /** @param owned what goes with the run */
  constructor(
    { session, reporter, learner, data, course, metrics, sampler, events, recorder, elapsedMs }: Parts,
    private readonly owned: Disposable,
  ) {
    const { compute, context } = session;
    this.session = session;
    this.reporter = reporter;
    this.learner = learner;
    this.data = data;
    this.course = course;
    this.metrics = metrics;
    this.sampler = sampler;
    this.events = events;
    this.elapsedMs = elapsedMs;
    this.profiler = new StepProfiler(context.profileSteps ?? 0, compute, (profile) =>
      reporter.emit({ type: "profile", profile }),
    );
    this.queueStep = context.queueStep ?? recorder?.queueStep ?? queueStep;
    this.#recorder = recorder;
  }

  /** Throws where the run has become another process's. */
  readonly assertOwned = (): void => this.session.lock.assertOwned();

  /** Gives back what can be had again: a recorded step, and what the device keeps for reuse. */
  readonly freeMemory = (): void => {
    this.#recorder?.drop();
    emptyCache(this.session.compute.device);
  };

  [Symbol.dispose](): void {
    this.owned[Symbol.dispose]();
  }
}
