import { memoryStats } from "@trainer/torch";
import type { Batch } from "../bins/batch.js";
import { figuresOrUndefined, orUndefined, type StepMetrics } from "../home/metrics-lines.js";
import type { StepDone } from "./events.js";
import type { LiveRun } from "./live-run.js";
import { located } from "./located.js";
import type { QueuedStep, StepResult } from "../step/step.js";
import { inPieces, sequencePieces } from "../step/seq-len-warmup.js";
import { Throughput } from "../step/throughput.js";
import { divergence, tellAlarms } from "./alarms.js";
import { batchesOf } from "../step/evaluate-texts.js";
import { TimeLimit } from "./time-limit.js";

/** A step whose result is not read yet, with its later report. */
interface Pending {
  readonly queued: QueuedStep;
  readonly step: number;
  readonly lr: number;
  readonly samples: number;
  readonly tokensSeen: number;
  readonly finished: boolean;
  readonly began: number;
}

/**
 * A run's steps, one after another. A GPU is given a step while it computes the one before, whose result is read only
 * then: it never waits for the host. A CPU's result is there at once.
 */
export class StepQueue {
  readonly #throughput = new Throughput();
  #pending: Pending | null = null;
  /** Time of the last result. */
  #lastAt = 0;

  readonly #timeLimit: TimeLimit;

  constructor(private readonly run: LiveRun) {
    this.#timeLimit = new TimeLimit(run, this);
  }

  /** Number of steps that were timed. */
  get timed(): number {
    return this.#throughput.steps;
  }

  /** Queues the next step and reports the one before; on a CPU does it and reports it. */
  async next(): Promise<void> {
    await this.#timeLimit.plan();
    if (this.run.profiler.measuresNext) await this.flush(); // what is measured is one step alone
    const pending = await this.#queue();
    await this.flush();
    this.#pending = pending;
    if (pending.queued.done) await this.flush();
  }

  /** Reports the step that is still under way, if there is one. Until then the run's last loss is that of the step before. */
  async flush(): Promise<void> {
    const pending = this.#pending;
    this.#pending = null;
    if (pending === null) return;
    let result: StepResult;
    try {
      result = pending.queued.result();
    } catch (error) {
      throw await located(error, this.run, pending.step);
    }
    await this.#report(pending, result);
  }

  async #queue(): Promise<Pending> {
    const { profiler, queueStep } = this.run;
    const { progress, plan } = this.run.course;
    const { loader, splits, seqLen } = this.run.data;
    const { stepper } = this.run.learner;
    const { sampleEvery, seqLenWarmupSteps } = this.run.session.options;
    const step = progress.step + 1;
    const count = plan.batchesOf(step);
    const lr = plan.learningRate(step) * progress.rateScale;
    const pieces = sequencePieces(step, seqLenWarmupSteps, seqLen);
    if (pieces !== sequencePieces(step - 1, seqLenWarmupSteps, seqLen)) {
      await this.flush();
      this.run.freeMemory(); // a recorded step is of the former length
    }
    stepper.optimizer.lr = lr;
    loader.progress = plan.progressAt(step);
    const began = performance.now();
    const finished = step === plan.totalSteps;
    let queued: QueuedStep;
    try {
      const take = (next: () => Batch) => queueStep(stepper, next, count);
      queued = profiler.run(take, () => inPieces(loader.next(), pieces));
      if (!queued.done && !finished) {
        loader.progress = plan.progressAt(step + 1);
        loader.prefetch(plan.batchesOf(step + 1));
      }
    } catch (error) {
      await this.flush(); // a failure of the step before comes first
      throw await located(error, this.run, step);
    }
    progress.step = step;
    progress.tokensSeen += queued.tokens;
    progress.finished = finished;
    progress.evalDue = splits.validation !== null && plan.evaluatesAfter(step);
    progress.sampleDue = sampleEvery > 0 && step % sampleEvery === 0;
    const { tokensSeen } = progress;
    return {
      queued,
      step,
      lr,
      samples: count * this.run.session.manifest.current.batch_size,
      tokensSeen,
      finished,
      began,
    };
  }

  async #report(pending: Pending, result: StepResult): Promise<void> {
    const { progress, plan, watch } = this.run.course;
    const { options, context } = this.run.session;
    const { step, lr, samples } = pending;
    const { loss, figures, gradNorm, skipped, tokens } = result;
    const now = performance.now();
    const ms = now - Math.max(pending.began, this.#lastAt);
    this.#lastAt = now;
    this.#throughput.add(ms, tokens, samples);
    progress.trainLoss = loss;
    if (skipped) progress.skippedSteps += 1;
    const { totalSteps, epochs } = plan;
    const epoch = plan.epochOf(step);
    const endsEpoch = step === totalSteps || plan.epochOf(step + 1) !== epoch;
    const done = {
      step,
      totalSteps,
      epoch,
      epochs,
      endsEpoch,
      loss,
      figures,
      gradNorm,
      skipped,
      lr,
      samples,
      tokens,
      ms,
    };
    const alarms = watch.step({ step, loss, lr, isWarmup: step <= options.warmupSteps });
    tellAlarms(this.run, alarms);
    if (step === 1 || step % options.logEvery === 0 || pending.finished) this.#log(done, pending.tokensSeen);
    context.onStep?.(done);
    if (watch.diverges && options.onDivergence !== "tell") throw await located(divergence(loss), this.run, step);
  }

  #log({ step, totalSteps, epoch, epochs, loss, figures, lr, gradNorm }: StepDone, tokensSeen: number): void {
    const { metrics, reporter, assertOwned } = this.run;
    const { progress, watch } = this.run.course;
    const { samplesPerSec, ...rate } = this.#throughput.take();
    const { rssBytes, cuda } = memoryStats();
    const told: StepMetrics = {
      step,
      epoch,
      tokensSeen,
      loss,
      ppl: Math.exp(loss),
      lr,
      gradNorm,
      figures: figuresOrUndefined(figures),
      ...rate,
      etaSeconds: this.#secondsLeft(step),
      rssBytes,
      gpuPeakBytes: cuda?.peakAllocatedBytes,
      skippedSteps: progress.skippedSteps || undefined,
      alarms: orUndefined(watch.takeUnlogged()),
    };
    assertOwned();
    metrics.write(told);
    reporter.emit({ type: "step", ...told, totalSteps, epochs, samplesPerSec });
  }

  /** Seconds after a step, to the end of the run. */
  #secondsLeft(step: number): number {
    return this.#secondsAfter(step, this.run.course.plan.totalSteps);
  }

  secondsFrom(step: number, totalSteps: number): number {
    return this.#secondsPerStep() + this.#secondsAfter(step, totalSteps);
  }

  #secondsPerStep(): number {
    const { pace, samplingPace } = this.run;
    return this.#throughput.secondsPerStep(pace.seconds + samplingPace.seconds);
  }

  /** Steps, validations, samples, the test and the evaluation at the end of a run of so many steps. */
  #secondsAfter(step: number, totalSteps: number): number {
    const { pace, samplingPace } = this.run;
    const { plan } = this.run.course;
    const { splits } = this.run.data;
    const { options } = this.run.session;
    const perStep = this.#secondsPerStep();
    const validation = splits.validation === null ? 0 : batchesOf(splits.validation);
    const test = splits.test === null ? 0 : batchesOf(splits.test);
    const atEnd = test + (options.evaluate ? validation || test : 0);
    const batches = plan.evaluationsFrom(step, totalSteps) * validation + atEnd;
    const { sampleEvery } = options;
    const samplings =
      sampleEvery === 0 ? 0 : Math.floor(totalSteps / sampleEvery) - Math.floor((step - 1) / sampleEvery);
    const sampling = samplings * samplingPace.secondsPerBatch(0);
    return (totalSteps - step) * perStep + sampling + batches * pace.secondsPerBatch(perStep / options.gradAccumSteps);
  }
}
